import type { Express, Request } from 'express';
import { z } from 'zod';
import type { Caller } from '../auth';
import { forbidden, invalidBody, invalidQueryParameter, notFound, SchemeError, unauthorised } from '../errors';
import { created, type Endpoint, ok, parseBody, queryOf, type Reply } from '../http';
import { type IdentifierType, normalise } from './identifiers';
import type { Dfsp, DirectoryEvent, DirectoryState } from './state';

/** What the directory's routes need. */
export interface DirectoryRoutes {
  state: DirectoryState;
  endpoint: Endpoint;
  /** @throws SchemeError (401) for wrong credentials. */
  caller(this: void, req: Request): Caller;
  commit(this: void, event: DirectoryEvent): void;
  uri(this: void): string;
  types: IdentifierType[];
  /** Name or short name of who serves identifiers that nobody registered; empty for nobody. */
  defaultDfsp: string;
  /** The ledger stops or starts to move this DFSP's money. */
  onPause(this: void, dfsp: Dfsp, paused: boolean): void;
}

/** The central directory: chapters 1 and 2. */
export function directoryRoutes(app: Express, directory: DirectoryRoutes): void {
  const { endpoint } = directory;
  app.get(
    '/',
    endpoint(() => ok(metadata(directory.uri()))),
  );
  app.post(
    '/commands/register',
    endpoint((req) => register(directory, req)),
  );
  app.post(
    '/commands/pause',
    endpoint((req) => pause(directory, req, true)),
  );
  app.post(
    '/commands/unpause',
    endpoint((req) => pause(directory, req, false)),
  );
  app.get(
    '/identifier-types',
    endpoint((req) => {
      dfspOf(directory, req);
      return ok(directory.types);
    }),
  );
  app.post(
    '/resources',
    endpoint((req) => registerIdentifier(directory, req)),
  );
  app.get(
    '/resources',
    endpoint((req) => lookUp(directory, req)),
  );
}

/** 1.5.4. */
const metadata = (uri: string): object => ({
  directory: uri,
  urls: {
    health: `${uri}/health`,
    identifier_types: `${uri}/identifier-types`,
    resources: `${uri}/resources`,
    register_identifier: `${uri}/resources`,
  },
});

/** @throws SchemeError (401) for anyone but a registered DFSP. */
function dfspOf({ state, caller }: DirectoryRoutes, req: Request): Dfsp {
  const asks = caller(req);
  const dfsp = asks.kind === 'dfsp' ? state.dfsps.get(asks.name) : undefined;
  if (dfsp === undefined) throw unauthorised('The key and secret of a registered DFSP are needed');
  return dfsp;
}

const text = z.string('must be a string').trim().min(1, 'is required');
const newDfsp = z.object({
  // The name is the user name of HTTP Basic, which ends at the first colon.
  name: text.max(256, 'is too long').regex(/^[^:]+$/, 'must not have a colon'),
  shortName: text
    .max(64, 'is too long')
    .regex(/^[\w.-]+$/, 'must be letters, digits, dots, dashes or underscores')
    .optional(),
  providerUrl: z
    .url({ protocol: /^https?$/, error: 'must be a valid uri' })
    .max(1024, 'is too long')
    .optional(),
});

/** 1.4.1, and 2.0.6 with a name alone. */
function register(directory: DirectoryRoutes, req: Request): Reply {
  if (directory.caller(req).kind !== 'admin') throw unauthorised("The operator's key and secret are needed");
  const { name, shortName, providerUrl } = parseBody(newDfsp, req.body);
  if (directory.state.dfsps.has(name)) {
    throw new SchemeError(422, 'AlreadyExistsError', 'The DFSP already exists (determined by name)');
  }
  const given = {
    name,
    ...(shortName === undefined ? {} : { shortName }),
    ...(providerUrl === undefined ? {} : { providerUrl }),
  };
  directory.commit({ type: 'dfsp', dfsp: { ...given, secret: name } });
  return created({ ...given, key: name, secret: name });
}

const paused = z.object({ name: text.optional() });

/**
 * Pauses or resumes a DFSP (29.8, 29.9): itself, or any by the operator, who stands for the regulator.
 * @throws SchemeError 401 without credentials, 403 for another DFSP, 404 for an unknown one.
 */
function pause(directory: DirectoryRoutes, req: Request, paused_: boolean): Reply {
  const asks = directory.caller(req);
  if (asks.kind === 'nobody') throw unauthorised('The key and secret of a registered DFSP are needed');
  const { name = asks.kind === 'dfsp' ? asks.name : '' } = parseBody(paused, req.body);
  if (asks.kind === 'dfsp' && asks.name !== name) throw forbidden('A DFSP can pause only itself');
  const dfsp = directory.state.dfsps.get(name);
  if (dfsp === undefined) throw notFound();
  if (dfsp.isPaused !== paused_) directory.commit({ type: 'paused', name, paused: paused_ });
  directory.onPause(dfsp, paused_);
  return ok({ name, paused: paused_ });
}

const newResource = z.object({
  identifier: text.max(256, 'is too long'),
  preferred: z.union([z.boolean(), z.enum(['true', 'false'])], 'must be true or false').optional(),
});

/** 1.4.3: the first DFSP of an identifier is preferred; a DFSP that is registered may make itself preferred later. */
function registerIdentifier(directory: DirectoryRoutes, req: Request): Reply {
  const dfsp = dfspOf(directory, req);
  const given = parseBody(newResource, req.body);
  const identifier = readIdentifier(directory, given.identifier, (message, key, value) =>
    invalidBody([{ message, params: { key, value } }]),
  );
  const registered = directory.state.resources.get(identifier) ?? [];
  const own = registered.find((one) => one.dfsp === dfsp.name);
  const wanted = given.preferred === undefined ? undefined : String(given.preferred) === 'true';
  const isFirst = registered.length === 0;
  if (wanted === false && (isFirst || own?.preferred === true)) throw mustBePreferred();
  if (own !== undefined && (wanted === undefined || wanted === own.preferred)) {
    throw new SchemeError(422, 'AlreadyExistsError', 'The identifier has already been registered by this DFSP');
  }
  const preferred = wanted ?? isFirst;
  directory.commit({ type: 'resource', identifier, dfsp: dfsp.name, preferred });
  return created(resourceOf(dfsp, preferred, true));
}

const mustBePreferred = (): SchemeError => {
  const message = 'The preferred DFSP of an identifier stays preferred until another one is';
  return new SchemeError(422, 'PreferredError', message, [{ message, params: { key: 'preferred', value: 'false' } }]);
};

/** 1.5.1: the two flags are strings. */
const resourceOf = ({ name, providerUrl, shortName }: Dfsp, preferred: boolean, registered: boolean): object => ({
  name,
  ...(providerUrl === undefined ? {} : { providerUrl }),
  ...(shortName === undefined ? {} : { shortName }),
  preferred: String(preferred),
  registered: String(registered),
});

/** 1.4.4 with `identifier=type:identifier`; 2.0.5 with `identifierType=type&identifier=identifier`. */
function lookUp(directory: DirectoryRoutes, req: Request): Reply {
  dfspOf(directory, req);
  const type = queryOf(req, 'identifierType');
  const asked = queryOf(req, 'identifier') ?? '';
  const identifier = readIdentifier(directory, type === undefined ? asked : `${type}:${asked}`, invalidQueryParameter);
  const found = dfspsOf(directory, identifier);
  if (found.length === 0) throw notFound();
  if (type === undefined)
    return ok(found.map(({ dfsp, preferred, registered }) => resourceOf(dfsp, preferred, registered)));
  const { providerUrl } = (found.find(({ preferred }) => preferred) ?? found[0])?.dfsp ?? {};
  if (providerUrl === undefined) throw notFound();
  return ok({ spspReceiver: providerUrl });
}

interface Found {
  dfsp: Dfsp;
  preferred: boolean;
  registered: boolean;
}

/** The DFSPs of an identifier, a paused one left out; the first that is left takes the place of a preferred one. */
function dfspsOf({ state, defaultDfsp }: DirectoryRoutes, identifier: string): Found[] {
  const registered = state.resources.get(identifier);
  if (registered === undefined) {
    const dfsp = [...state.dfsps.values()].find(({ name, shortName }) => [name, shortName].includes(defaultDfsp));
    return dfsp === undefined || dfsp.isPaused ? [] : [{ dfsp, preferred: true, registered: false }];
  }
  const active = registered.flatMap(({ dfsp: name, preferred }) => {
    const dfsp = state.dfsps.get(name);
    return dfsp === undefined || dfsp.isPaused ? [] : [{ dfsp, preferred, registered: true }];
  });
  const someone = active.some(({ preferred }) => preferred);
  return active.map((one, at) => ({ ...one, preferred: someone ? one.preferred : at === 0 }));
}

function readIdentifier(
  { types }: DirectoryRoutes,
  given: string,
  refuse: (message: string, key: string, value: string) => SchemeError,
): string {
  const colon = given.indexOf(':');
  const type = given.slice(0, Math.max(colon, 0));
  const rest = given.slice(colon + 1);
  if (!types.some(({ identifierType }) => identifierType === type)) {
    const shown = colon < 0 ? given : type;
    throw refuse(`'${shown}' is not a registered identifierType`, 'identifierType', shown);
  }
  const identifier = normalise(type, rest);
  if (identifier === undefined) {
    throw refuse(`'${rest}' is not a valid identifier for identifierType '${type}'`, 'identifier', rest);
  }
  return `${type}:${identifier}`;
}
