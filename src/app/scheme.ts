import type { Router } from 'express';
import {
  ConfigError,
  createCipher,
  deriveKey,
  deriveKeyring,
  type Clock,
  type Config,
  type Db,
  type FspiopConfig,
  type Keyring,
  type L1pConfig,
  type Log,
  type Secrets,
} from '../platform';
import {
  createFspiop,
  createL1p,
  createLoopbackHub,
  fspiopResources as resources,
  type SwitchAdapter,
} from '../switch';

/** The way to other providers, and the door by which they come to us; `path`: where it stands on the gateway. */
export interface Scheme {
  readonly adapter: SwitchAdapter;
  /** Nobody is at its other end. */
  readonly isAlone?: true;
  readonly door?: { readonly path: string; readonly routes: Router };
}

export interface SchemeDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
}

/** What the configuration asks for. Throws on options that can't be. */
export function createScheme(config: Config, deps: SchemeDeps): Scheme {
  const { way } = config.scheme;
  switch (way.name) {
    case 'alone':
      return aloneScheme(config.scheme, deps);
    case 'fspiop':
      return fspiopScheme(config, way, deps);
    case 'l1p':
      return l1pScheme(config, way, deps);
  }
}

/** A provider with nobody beside it. */
export function aloneScheme(
  { dfspId }: Config['scheme'],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Scheme {
  const onError = (error: unknown) => log.error({ err: error }, 'an event of the scheme was not taken');
  const hub = createLoopbackHub({ now: () => clock.now(), onError });
  return { adapter: hub.adapterFor(dfspId), isAlone: true };
}

/** Derived from the data keys: an offer of before a rotation is still honoured while the old key is in the ring. */
function fulfilmentKeys({ secrets }: SchemeDeps): Keyring {
  return deriveKeyring(secrets.dataKeys, 'fulfilment');
}

function fspiopScheme({ scheme, limits }: Config, { name, ...way }: FspiopConfig, deps: SchemeDeps): Scheme {
  const unknown = Object.keys(way.versions).filter((resource) => !(resources as readonly string[]).includes(resource));
  if (unknown.length > 0) throw new ConfigError([`FSPIOP_VERSIONS knows no ${unknown.join(', ')}`]);
  const { dfspId, timeoutMs } = scheme;
  const { dataKeys, indexKey } = deps.secrets;
  const { adapter, routes } = createFspiop(
    { ...way, dfspId, timeoutMs, quoteLifeMs: limits.quoteTtlMs },
    {
      ...deps,
      cipher: createCipher(dataKeys),
      secrets: fulfilmentKeys(deps),
      digestKey: deriveKey(indexKey, 'message'),
    },
  );
  return { adapter, door: { path: `/${name}`, routes } };
}

/** Our key among the providers is made of the index key, which is never replaced: the directory has its public half. */
function l1pScheme({ scheme, market }: Config, { name, ...way }: L1pConfig, deps: SchemeDeps): Scheme {
  const { dfspId, timeoutMs } = scheme;
  const { adapter, routes } = createL1p(
    { ...way, dfspId, timeoutMs, currency: market.currency },
    { ...deps, secrets: fulfilmentKeys(deps), peerKey: deriveKey(deps.secrets.indexKey, 'peer') },
  );
  return { adapter, door: { path: `/${name}`, routes } };
}
