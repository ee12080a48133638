import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../platform';
import type { Accepted, Context, SchemeError } from '../port';
import { schemeError } from '../scheme-errors';
import { accepted, basic, refused, type Ask, type Credentials } from './client';
import { uriOfMember } from './identifiers';

/** A provider as the central directory has it. */
export interface Member {
  readonly dfspId: string;
  /** Where its adapter is reached, without a slash at the end. */
  readonly url: string;
  /** As it stands there. */
  readonly providerUrl: string;
  /** What its messages are signed with; undefined: it can't speak to us. */
  readonly key: KeyObject | undefined;
}

export interface Directory {
  /** Who serves an identifier, the preferred one of several. Undefined: nobody. `fresh`: not what was known a moment ago. */
  find(uri: string, how: Reading): Promise<Member | undefined | SchemeError>;
  /** A provider by its name. */
  member(dfspId: string, how: Reading): Promise<Member | undefined | SchemeError>;
  /** Says that an identifier is served here; that it was said before is fine. */
  add(uri: string, context?: Context): Promise<Accepted>;
}

export interface Reading {
  readonly context?: Context;
  readonly fresh?: boolean;
}

export interface DirectoryOptions {
  readonly directoryUrl: string;
  /** Another directory for a scheme of URIs, such as `mailto` (31.5.2). */
  readonly directoryUrls?: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
}

const resources = z.array(
  z.object({
    name: z.string(),
    providerUrl: z.url({ protocol: /^https?$/ }).optional(),
    preferred: z.literal(['true', 'false']).catch('false'),
    registered: z.literal(['true', 'false']).catch('true'),
  }),
);
type Resource = z.output<typeof resources>[number];

interface Known {
  readonly resources: readonly Resource[];
  readonly readAt: Date;
}

/** As the directory says that it has nobody by an identifier, or no identifiers of that kind at all. */
const hasNobody: ReadonlySet<string> = new Set(['NotFoundError', 'InvalidQueryParameterError']);

const knownMax = 1_000;
const keptMs = 60_000;
/** How often one identifier is asked for at most, whoever makes us ask. */
const pauseMs = 1_000;

export function createDirectory(options: DirectoryOptions, { ask, clock }: { ask: Ask; clock: Clock }): Directory {
  const known = new Map<string, Known>();
  const headers = basic(options.credentials);
  const urlFor = (uri: string) => options.directoryUrls?.[uri.split(':')[0] ?? ''] ?? options.directoryUrl;

  const keep = (uri: string, found: readonly Resource[]): readonly Resource[] => {
    const [oldest] = known.keys();
    if (known.size >= knownMax && oldest !== undefined) known.delete(oldest);
    known.delete(uri); // and to the end, as the newest
    known.set(uri, { resources: found, readAt: clock.now() });
    return found;
  };
  const read = async (uri: string, { context, fresh = false }: Reading): Promise<readonly Resource[] | SchemeError> => {
    const last = known.get(uri);
    if (last && isFresh(last, clock.now(), fresh)) return last.resources;
    const url = `${urlFor(uri)}/resources?identifier=${encodeURIComponent(uri)}`;
    const reply = await ask({ method: 'GET', url, headers }, context);
    if (reply.kind === 'refused' && hasNobody.has(reply.id)) return keep(uri, []);
    if (reply.kind !== 'taken') return { ...reply.error, moneyMoved: 'no' };
    const parsed = resources.safeParse(reply.body);
    return parsed.success ? keep(uri, parsed.data) : schemeError('2001', 'the directory gives no list of providers');
  };

  return {
    find: async (uri, how) => {
      const found = await read(uri, how);
      if ('moneyMoved' in found) return found;
      return memberOf(found.find(({ preferred }) => preferred === 'true') ?? found[0]);
    },
    member: async (dfspId, how) => {
      const found = await read(uriOfMember(dfspId), how);
      if ('moneyMoved' in found) return found;
      return memberOf(found.find(({ name, registered }) => name === dfspId && registered === 'true'));
    },
    add: async (uri, context) => {
      const url = `${urlFor(uri)}/resources`;
      known.delete(uri);
      const reply = await ask({ method: 'POST', url, headers, body: { identifier: uri } }, context);
      if (reply.kind === 'refused' && reply.id === 'AlreadyExistsError') return { status: 'accepted' };
      // The directory knows identifiers, and no parties.
      return reply.kind === 'refused' ? refused(schemeError('3003', reply.error.description)) : accepted(reply);
    },
  };
}

function isFresh({ resources: found, readAt }: Known, now: Date, fresh: boolean): boolean {
  const ageMs = now.getTime() - readAt.getTime();
  return ageMs >= 0 && ageMs < (fresh || found.length === 0 ? pauseMs : keptMs);
}

const keyMark = '#ed25519=';

/** A provider's URL in the directory: where it is reached, and by which key it is known there. */
export function providerUrlOf(url: string, key: KeyObject): string {
  return `${url}${keyMark}${key.export({ format: 'jwk' }).x ?? ''}`;
}

/** One without a URL is none that can be reached. */
function memberOf(resource: Resource | undefined): Member | undefined {
  if (resource?.providerUrl === undefined) return undefined;
  const [url = '', x = ''] = resource.providerUrl.split(keyMark);
  const key = /^[\w-]{43}$/.test(x)
    ? createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    : undefined;
  return { dfspId: resource.name, url: url.replace(/\/+$/, ''), providerUrl: resource.providerUrl, key };
}
