import type { Router } from 'express';
import type { Clock, Currency, Db, Keyring, Log } from '../../platform';
import { createHttpClient, type TlsFiles } from '../http';
import type { SwitchAdapter, SwitchHandler } from '../port';
import { basic, createAsk, type Credentials } from './client';
import type { Shared } from './context';
import { createDirectory, providerUrlOf } from './directory';
import type { EligibilityOptions } from './eligibility';
import { enrol } from './enrolment';
import { createTake } from './inbound';
import { createLedger } from './ledger';
import { createListener, type Listener } from './listener';
import { catchUp, takeNotice } from './notices';
import { createCommands } from './outbound';
import { createPeers, keyPairOf } from './peers';
import { createRoutes } from './server';
import { createStore } from './store';
import { createTerms } from './terms';

/** URLs have no slash at the end. */
export interface L1pOptions extends EligibilityOptions {
  /** Our name in the directory, and that of our account at the central ledger. */
  readonly dfspId: string;
  readonly ledgerUrl: string;
  readonly directoryUrl: string;
  /** Another directory for a scheme of URIs, such as `mailto`. */
  readonly directoryUrls?: Readonly<Record<string, string>>;
  /** Where `routes` are mounted, as other providers reach them. */
  readonly publicUrl: string;
  /** As the ledger knows us, and the directory where it hasn't given us others. */
  readonly credentials: Credentials;
  readonly directoryCredentials?: Credentials;
  /** The scheme's operator: with it, in a sandbox, we make ourselves a member. */
  readonly operator?: Credentials;
  /** The one that the ledger keeps. */
  readonly currency: Currency;
  /** As addresses have it, e.g. `KEN`; `ZZZ` is for demonstrations (20.4.1). */
  readonly country: string;
  /** One request. */
  readonly timeoutMs: number;
  /** How often the ledger is asked for what it has told nobody; 5 seconds where nothing is said. */
  readonly catchUpMs?: number;
  readonly tls?: TlsFiles;
}

export interface L1pDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** Makes fulfilments, the first for new offers; one is kept as long as offers under it may come back. */
  readonly secrets: Keyring;
  /** 32 bytes that our key among the providers is made of; another one needs another entry in the directory. */
  readonly peerKey: Buffer;
  readonly log: Log;
}

/**
 * The scheme of 2017, the Level One Project: its central services over HTTP and a socket, and the other providers by `routes`,
 * to be mounted where `publicUrl` points (README.md). Before `start` these say that they are busy.
 */
export function createL1p(options: L1pOptions, deps: L1pDeps): { adapter: SwitchAdapter; routes: Router } {
  const { dfspId, credentials, currency, timeoutMs, publicUrl } = options;
  const { clock, log } = deps;
  const http = createHttpClient(options.tls ?? {});
  const ask = createAsk({ http, clock, log, timeoutMs });
  const keys = keyPairOf(deps.peerKey);
  const directoryCredentials = options.directoryCredentials ?? credentials;
  const directory = createDirectory({ ...options, credentials: directoryCredentials }, { ask, clock });
  const ledger = createLedger({ ...options, credentials }, ask);
  const peers = createPeers(dfspId, keys.privateKey, { ask, directory });
  const under = new Set<Promise<unknown>>();
  let handler: SwitchHandler | undefined;
  const shared: Shared = {
    ...{ dfspId, currency, eligibility: options, ask, directory, ledger, peers, clock, log },
    terms: createTerms({ us: dfspId, country: options.country, secrets: deps.secrets }),
    store: createStore(deps),
    handler: () => {
      if (!handler) throw new Error('the adapter has not been started');
      return handler;
    },
    background: (work) => {
      const settled = work.catch((error: unknown) => log.error({ err: error }, 'an event of the scheme was not taken'));
      under.add(settled);
      void settled.finally(() => under.delete(settled));
    },
  };
  let enrolled = false;
  const ready = async (): Promise<void> => {
    if (enrolled) return;
    try {
      const providerUrl = providerUrlOf(publicUrl, keys.publicKey);
      await enrol({ ...options, providerUrl }, shared);
      enrolled = true;
    } catch (error) {
      log.error({ err: error }, 'not a member of the scheme yet');
    }
  };
  const listen = (): Listener =>
    createListener({
      ready,
      agentFor: (url) => http.agentFor(url),
      url: `${options.ledgerUrl.replace(/^http/, 'ws')}/accounts/${dfspId}/transfers`,
      headers: basic(credentials),
      timeoutMs,
      catchUpMs: options.catchUpMs ?? 5_000,
      take: (text) => takeNotice(shared, text),
      catchUp: () => catchUp(shared),
      log,
    });
  let listener: Listener | undefined;
  const adapter: SwitchAdapter = {
    name: 'l1p',
    start: async (given) => {
      handler = given;
      listener = listen();
      await listener.start();
    },
    stop: async () => {
      await listener?.stop();
      while (under.size > 0) await Promise.all(under);
      handler = undefined;
      http.close();
    },
    ...createCommands(shared),
  };
  return { adapter, routes: createRoutes({ peers, log }, createTake(shared)) };
}
