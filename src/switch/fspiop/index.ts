import type { Router } from 'express';
import type { Cipher, Clock, Db, Keyring, Log } from '../../platform';
import { createHttpClient, type TlsFiles } from '../http';
import type { SwitchAdapter, SwitchHandler } from '../port';
import { createBulkStore } from './bulk-store';
import { gather, sweepBulks } from './bulks';
import { createSend } from './client';
import { createVersions, type Shared, type VersionOptions } from './context';
import { createTake } from './inbound';
import { ownKey, peerKeys } from './keys';
import { createTokens, type OAuthOptions } from './oauth';
import { createCommands } from './outbound';
import { createOwnBulkStore } from './own-bulk-store';
import { createRoutes } from './server';
import { createStore } from './store';
import { createTerms } from './terms';
import { createTurns } from './turns';
import { createValidator } from './validate';
import type { Resource } from './versions';

export interface FspiopOptions extends VersionOptions {
  /** Our id in the scheme. */
  readonly dfspId: string;
  /** Where messages go, without a slash at the end; a host of its own for a resource where the scheme has it so. */
  readonly switchUrl: string;
  readonly resourceUrls?: Partial<Record<Resource, string>>;
  /** How the hub names itself; `Hub` and `switch` where nothing is said. */
  readonly hubIds?: readonly string[];
  /** 1 is FSPIOP's profile, 4 that of ISO 20022. Both are read. */
  readonly ilpVersion?: 1 | 4;
  /** One request to the switch; its answer comes later. */
  readonly timeoutMs: number;
  readonly quoteLifeMs: number;
  /** How long a request to pay stands where who asks doesn't say; an hour where nothing is said. */
  readonly requestLifeMs?: number;
  readonly tls?: TlsFiles;
  readonly oauth?: OAuthOptions;
  /** Undefined: the scheme doesn't sign. */
  readonly signatures?: {
    readonly privateKeyFile: string;
    /** `<dfspId>.pem`, one for each of the others. */
    readonly peerKeyFolder: string;
    readonly unsigned?: readonly string[];
    readonly verifyParties?: boolean;
  };
}

export interface FspiopDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly cipher: Cipher;
  /** Makes fulfilments, the first for new offers; one is kept as long as offers under it may come back. */
  readonly secrets: Keyring;
  /** Names what came in, without saying it; another one would take old messages for modified ones. */
  readonly digestKey: Buffer;
  readonly log: Log;
}

/** How often bulks are looked after that have waited too long. */
const bulkSweepMs = 1_000;

/**
 * Mojaloop today: FSPIOP 1.0 to 2.0, as payer's and as payee's provider (API Definition 1.1). `routes` is what the switch
 * calls, to be mounted where our URL in the scheme points; before `start` it says that it is busy. Throws on options that
 * can't be.
 */
export function createFspiop(options: FspiopOptions, deps: FspiopDeps): { adapter: SwitchAdapter; routes: Router } {
  const { dfspId, signatures, timeoutMs, switchUrl, resourceUrls = {} } = options;
  const http = createHttpClient(options.tls ?? {});
  const tokens = options.oauth && createTokens(options.oauth, { http, clock: deps.clock, timeoutMs });
  const signingKey = signatures && ownKey(signatures.privateKeyFile);
  const endpoint = (resource: Resource) => resourceUrls[resource] ?? switchUrl;
  const under = new Set<Promise<unknown>>();
  let handler: SwitchHandler | undefined;
  let sweeping: NodeJS.Timeout | undefined;
  const background = (work: Promise<unknown>): void => {
    const settled = work.catch((error: unknown) =>
      deps.log.error({ err: error }, 'what follows a message was not done'),
    );
    under.add(settled);
    void settled.finally(() => under.delete(settled));
  };
  const shared: Shared = {
    dfspId,
    hubIds: new Set(options.hubIds ?? ['Hub', 'switch']),
    quoteLifeMs: options.quoteLifeMs,
    requestLifeMs: options.requestLifeMs ?? 3_600_000,
    store: createStore(deps),
    terms: createTerms({ us: dfspId, secrets: deps.secrets, ilpVersion: options.ilpVersion ?? 1 }),
    send: createSend({ dfspId, endpoint, timeoutMs, signingKey }, { ...deps, http, tokens }),
    versions: createVersions(options),
    clock: deps.clock,
    log: deps.log,
    handler: () => {
      if (!handler) throw new Error('the adapter has not been started');
      return handler;
    },
    turns: createTurns(background),
    ownBulks: createOwnBulkStore(deps),
    bulks: { store: createBulkStore(deps), inHand: new Map(), gather: (item) => gather(shared, item) },
  };
  const routes = createRoutes(
    {
      dfspId,
      signatures: signatures && {
        peerKey: peerKeys(signatures.peerKeyFolder),
        unsigned: new Set(signatures.unsigned ?? []),
        verifyParties: signatures.verifyParties ?? true,
      },
      preferredVersion: (resource, source) => shared.versions.preferred(resource, source),
      validate: createValidator(),
      log: deps.log,
    },
    createTake(shared),
    shared.turns,
  );
  const adapter: SwitchAdapter = {
    name: 'fspiop',
    start: async (given) => {
      await signingKey?.(); // a key that can't be read stops the start, not the first payment
      handler = given;
      sweeping = setInterval(() => background(sweepBulks(shared)), bulkSweepMs);
    },
    stop: async () => {
      clearInterval(sweeping);
      handler = undefined;
      await Promise.all(under);
      http.close();
    },
    ...createCommands(shared),
  };
  return { adapter, routes };
}
