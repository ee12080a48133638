import {
  chartOf,
  createLedger,
  openChart,
  type Actor,
  type Balance,
  type Chart,
  type Ledger,
  type Leg,
  type LegCode,
  type LimitProfile,
  type NewAccount,
  type Outcome,
  type Transfer,
} from '../../../src/ledger';
import {
  createDb,
  createIds,
  createLog,
  plusMs,
  systemClock,
  type Clock,
  type Db,
  type Ids,
} from '../../../src/platform';
import { createTestDatabase } from '../../support/database';
import { createOracle, type Oracle } from './oracle';

/** A Thursday in a month for which the test databases have partitions. */
export const noon = new Date('2026-01-15T12:00:00.000Z');
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** A clock that goes where it is told, backwards too. */
export interface MovableClock extends Clock {
  set(now: Date): void;
  advance(durationMs: number): void;
}

export function createMovableClock(start: Date): MovableClock {
  let now = start;
  return { now: () => now, set: (to) => void (now = to), advance: (ms) => void (now = plusMs(now, ms)) };
}

/** A ledger over a pool of its own, as a process of the gateway has one. */
export interface Engine {
  readonly ledger: Ledger;
  readonly db: Db;
  readonly ids: Ids;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly lanes?: number;
  readonly spareConnections?: number;
}

/** Everything runs as the gateway's role. */
export function createEngine({ url, clock, lanes = 2, spareConnections = 4 }: EngineOptions): Engine {
  const connectionsMax = lanes + spareConnections;
  const db = createDb({ url, connectionsMax, role: 'starhash_app', onError: () => undefined });
  const ledger = createLedger({ db, clock, log: createLog('silent'), lanes });
  return {
    ...{ ledger, db, ids: createIds(clock) },
    close: async () => {
      await ledger.close();
      await db.close();
    },
  };
}

type Opening = Partial<NewAccount> & { openingMinor?: bigint };

/** A ledger in a database of its own, with the chart of KES open, and short words for what the tests do with it. */
export interface Books {
  readonly url: string;
  /** Owns the database: may do what no process of the gateway may. */
  readonly owner: Db;
  readonly db: Db;
  readonly ledger: Ledger;
  readonly clock: MovableClock;
  readonly ids: Ids;
  readonly chart: Chart;
  /** Throws unless the books add up, for the ledger's own proof and for one that knows none of its code. */
  check(): Promise<void>;
  readonly oracle: Oracle;
  /** Another process of the gateway on the same database. */
  another(options?: Partial<EngineOptions>): Engine;
  /** Opens a customer's account, floor 0 unless it says otherwise, and pays `openingMinor` into it. */
  open(opening?: Opening): Promise<string>;
  limits(limits: Partial<LimitProfile>): Promise<number>;
  /** Each for itself, at once. */
  post(...transfers: Transfer[]): Promise<Outcome[]>;
  one(transfer: Transfer): Promise<Outcome>;
  move(...legs: Leg[]): Promise<Outcome>;
  /** Reserves for an hour; the id. */
  reserve(...legs: Leg[]): Promise<string>;
  fulfil(pendingId: string, amountsMinor?: readonly bigint[]): Promise<Outcome>;
  release(pendingId: string): Promise<Outcome>;
  balance(accountId: string): Promise<Balance>;
  posted(accountId: string): Promise<bigint>;
  close(): Promise<void>;
}

export const actor: Actor = { kind: 'staff', id: 'tester' };

export interface BooksOptions {
  readonly at?: Date;
  readonly lanes?: number;
  /** Instead of a clock that stands still. */
  readonly realTime?: boolean;
}

export async function openBooks({ at = noon, lanes = 2, realTime = false }: BooksOptions = {}): Promise<Books> {
  const { db: owner, url, drop } = await createTestDatabase();
  const clock = realTime ? { ...createMovableClock(at), ...systemClock } : createMovableClock(at);
  if (!realTime) await owner.run({ text: 'update ledger_setting set clock_tolerance = null' });
  const engines: Engine[] = [];
  const another: Books['another'] = (options = {}) => {
    const engine = createEngine({ url, clock, ...options });
    engines.push(engine);
    return engine;
  };
  const { ledger, db, ids } = another({ lanes });
  const chart = await db.tx((tx) => openChart(ledger, tx, 'KES'));
  const oracle = createOracle(owner);
  let profiles = 0;
  const one = async (transfer: Transfer) => {
    const [outcome] = await ledger.post([transfer]);
    if (!outcome) throw new Error('no outcome');
    return outcome;
  };
  const move = (...legs: Leg[]) => one({ kind: 'transfer', transferId: ids.uuid(), legs });
  const balance = async (accountId: string) => {
    const found = await ledger.balance(db, accountId);
    if (!found) throw new Error(`no account ${accountId}`);
    return found;
  };
  return {
    ...{ url, owner, db, ledger, clock, ids, chart, oracle, another, one, move, balance },
    check: async () => {
      await oracle.check();
      const { deviation } = await ledger.verify(owner);
      if (deviation) throw new Error(`the books do not verify: ${JSON.stringify(deviation)}`);
    },
    open: async ({ openingMinor = 0n, ...opening } = {}) => {
      const [accountId = ''] = await ledger.newAccountIds(db, 1);
      const account = { ...customer(accountId), ...opening };
      await db.tx((tx) => ledger.openAccount(tx, account, actor));
      if (openingMinor > 0n) {
        const { trust } = chartOf(account.currency);
        okOf(await move(leg(trust, account.accountId, openingMinor, { code: 'opening' })));
      }
      return account.accountId;
    },
    limits: async (limits) => {
      profiles += 1;
      const profile = { profile: profiles, out: {}, in: {}, ...limits };
      await db.tx((tx) => ledger.setLimits(tx, profile, actor));
      return profile.profile;
    },
    post: (...transfers) => ledger.post(transfers),
    reserve: async (...legs) => {
      const transferId = ids.uuid();
      okOf(await one({ kind: 'reserve', transferId, legs, expiresAt: plusMs(clock.now(), hourMs) }));
      return transferId;
    },
    fulfil: (pendingId, amountsMinor) =>
      one({ kind: 'post', transferId: ids.uuid(), pendingId, ...(amountsMinor && { amountsMinor }) }),
    release: (pendingId) => one({ kind: 'void', transferId: ids.uuid(), pendingId }),
    posted: async (accountId) => (await balance(accountId)).postedMinor,
    close: async () => {
      await Promise.all(engines.map((engine) => engine.close()));
      await drop();
    },
  };
}

export function customer(accountId: string): NewAccount {
  return {
    ...{ accountId, kind: 'customer', currency: 'KES' },
    ...{ floorMinor: 0n, ceilingMinor: null, limitProfile: null },
  };
}

export function leg(
  debitAccountId: string,
  creditAccountId: string,
  amountMinor: bigint,
  { code = 'principal', counted = false }: { code?: LegCode; counted?: boolean } = {},
): Leg {
  return { debitAccountId, creditAccountId, amountMinor, code, ...(counted && { counted }) };
}

export function okOf(outcome: Outcome | undefined): { repeated: boolean; seq: bigint; at: Date } {
  if (!outcome) throw new Error('no outcome');
  if (!outcome.ok) throw new Error(`refused: ${outcome.error} ${JSON.stringify(outcome.detail)}`);
  return outcome.value;
}

/** `done`, or the refusal and the account that is its reason. */
export function wordOf(outcome: Outcome | undefined): string {
  if (!outcome) throw new Error('no outcome');
  if (outcome.ok) return outcome.value.repeated ? 'again' : 'done';
  return [outcome.error, ...Object.values(outcome.detail ?? {})].join(' ');
}

/** The message with which the database refuses a statement; throws when it does not refuse. */
export async function refusalOf(statement: Promise<unknown>): Promise<string> {
  return statement.then(
    () => {
      throw new Error('the database allowed it');
    },
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
