import { createServer } from 'node:http';
import { createHub, type Hub } from '../../../sims/hub/hub';
import { createDb, systemClock, type Clock, type Db } from '../../../src/platform';
import type { FspiopOptions } from '../../../src/switch';
import type { TestDatabase } from '../../support/database';
import { openFspiopAddress } from '../../support/fspiop';
import { close, listen, urlOf } from '../../support/listen';
import { createSide, type Side } from '../../support/side';

/** A provider of FSPIOP, without its core. */
export interface Participant extends Side {
  readonly url: string;
  readonly db: Db;
  close(): Promise<void>;
}

export interface Scheme {
  readonly hub: Hub;
  readonly hubUrl: string;
  readonly payer: Participant;
  readonly payee: Participant;
  readonly close: () => Promise<void>;
}

export interface Databases {
  readonly payer: TestDatabase;
  readonly payee: TestDatabase;
}

export interface SchemeOptions {
  /** By which both providers live; the hub has its own. */
  readonly clock?: Clock;
  readonly payer?: Partial<FspiopOptions>;
  readonly payee?: Partial<FspiopOptions>;
}

export async function startScheme(databases: Databases, options: SchemeOptions = {}): Promise<Scheme> {
  const addresses = new Map<string, string>();
  const hub = createHub(addresses);
  const hubServer = await listen(createServer(hub.app));
  const hubUrl = urlOf(hubServer);
  const clock = options.clock && { clock: options.clock };
  const [payer, payee] = await Promise.all([
    participant('payer', databases.payer.url, { switchUrl: hubUrl, ...clock, ...options.payer }),
    participant('payee', databases.payee.url, { switchUrl: hubUrl, ...clock, ...options.payee }),
  ]);
  for (const { name, url } of [payer, payee]) addresses.set(name, `${url}/fspiop`);
  return {
    hub,
    hubUrl,
    payer,
    payee,
    close: async () => {
      await hub.close();
      await Promise.all([payer.close(), payee.close()]);
      await close(hubServer);
    },
  };
}

async function participant(
  name: string,
  databaseUrl: string,
  { clock = systemClock, ...options }: Pick<FspiopOptions, 'switchUrl'> & { readonly clock?: Clock },
): Promise<Participant> {
  // As the gateway: whatever its role may not do, fails here.
  const db = createDb({ url: databaseUrl, connectionsMax: 4, role: 'starhash_app', onError: () => undefined });
  const address = await openFspiopAddress(name, options);
  const side = await createSide(name, () => address.adapter({ db, clock }));
  // The side itself, not a copy: whose adapter it has changes.
  return Object.assign(side, {
    url: address.url.replace(/\/fspiop$/, ''),
    db,
    close: async () => {
      await side.stop();
      await address.close();
      await db.close();
    },
  });
}
