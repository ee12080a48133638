import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { createLedger, type LedgerError, type Leg, type NewTransfer, type TransferOutcome } from '../../../src/ledger';
import { createDb, type Db, type Result, type Tx } from '../../../src/platform';
import { createTestDatabase } from '../../support/database';
import { afterNoon, expectOk, leg, noon, openBooks } from './books';
import { actors, changed, concurrentCalls, transferIds, type Call } from './programs';

const runs = Math.ceil(Number(process.env['FC_RUNS'] ?? 100) / 10);
const runMsMax = 10_000; // of one program on a busy machine
const connections = 8;

const ledger = createLedger();
let db: Db;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await createTestDatabase();
  db = createDb({ url: database.url, connectionsMax: connections, onError: () => undefined });
  drop = async () => {
    await db.close();
    await database.drop();
  };
});
afterAll(() => drop());

type Outcome = Result<TransferOutcome, LedgerError>;
interface Answer {
  readonly call: 'transfer' | 'post' | 'void';
  readonly id: string;
  /** Of a transfer: what was asked for. */
  readonly asked?: NewTransfer;
  readonly outcome: Outcome;
}

test(
  'R97, R197: calls from many connections at once keep the books, the bounds and one effect an id',
  async () => {
    await fc.assert(
      fc.asyncProperty(concurrentCalls, async (calls) => {
        const world = await openWorld();
        const answers = await callAtOnce(world, calls);
        const effective = new Map(world.funding.map((transfer) => [transfer.transferId, transfer]));
        for (const [id, ofId] of groupById(answers)) {
          const posted = effectOf(id, ofId);
          if (posted) effective.set(id, posted);
        }
        await compareBalances(world, [...effective.values()]);
        expect(await ledger.verify(db)).toMatchObject({ clean: true });
      }),
      { numRuns: runs, verbose: fc.VerbosityLevel.Verbose, endOnFailure: true }, // a race does not shrink
    );
  },
  runs * runMsMax,
);

test('R123: twenty connections with one new id have one effect, and nineteen see it repeated', async () => {
  const books = await openBooks();
  try {
    const [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open()];
    const asked = { transferId: randomUUID(), legs: [leg(payer, payee, 60n)], expiresAt: afterNoon(1_000) };
    const many = async (call: () => Promise<Outcome>) =>
      (await Promise.all(Array.from({ length: 20 }, call))).filter((outcome) => !expectOk(outcome).repeated).length;
    expect(await many(() => books.transfer(asked))).toBe(1);
    expect(await many(() => books.post(asked.transferId))).toBe(1);
    expect(await books.balance(payer)).toMatchObject({ postedMinor: 40n, pendingOutMinor: 0n });
    expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
  } finally {
    await books.close();
  }
});

test('a new id that the first caller rolls back is free for the one who waits', async () => {
  const books = await openBooks();
  try {
    const payee = await books.open();
    const asked = { transferId: randomUUID(), legs: [leg(books.chart.trust, payee, 60n)] };
    let waiting: Promise<Outcome> | undefined;
    const first = books.db.tx(async (tx) => {
      expectOk(await books.ledger.transfer(tx, asked, noon));
      waiting = books.transfer(asked);
      await blocked(books.db);
      throw new Error('roll it back');
    });
    await expect(first).rejects.toThrow('roll it back');
    expect(await waiting).toEqual({
      ok: true,
      value: { transferId: asked.transferId, state: 'posted', repeated: false },
    });
    expect((await books.balance(payee)).postedMinor).toBe(60n);
  } finally {
    await books.close();
  }
});

test('R198: of two contents that come at once under one new id, exactly one is taken', async () => {
  const books = await openBooks();
  try {
    const payees = await Promise.all(Array.from({ length: 10 }, () => books.open()));
    const payers = await Promise.all(Array.from({ length: 10 }, () => books.open({ openingMinor: 5n })));
    const transferId = randomUUID();
    const outcomes = await Promise.all(
      payers.map((payer, n) => books.transfer({ transferId, legs: [leg(payer, payees[n] ?? payer, 5n)] })),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const refused = outcomes.filter((outcome) => !outcome.ok && outcome.error === 'transfer_exists_different');
    expect(refused).toHaveLength(9);
    expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
  } finally {
    await books.close();
  }
});

test('opening one account from many connections at once opens it once', async () => {
  const books = await openBooks();
  try {
    const accountId = randomUUID();
    await Promise.all(Array.from({ length: 20 }, () => books.open({ accountId })));
    expect((await books.balance(accountId)).postedMinor).toBe(0n);
  } finally {
    await books.close();
  }
});

/** Waits until some connection of the database waits for a lock. */
async function blocked(sql: Db): Promise<void> {
  const text = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  for (let attempt = 1; (await sql.rows({ text })).length === 0; attempt += 1) {
    if (attempt > 1_000) throw new Error('nobody ever waited');
    await sleep(5);
  }
}

interface World {
  readonly accounts: readonly string[];
  readonly ids: readonly string[];
  readonly funding: readonly NewTransfer[];
}

/** New accounts and new ids for one program, in the database that all programs share. */
async function openWorld(): Promise<World> {
  const accounts = actors.map(() => randomUUID());
  const world = { accounts, ids: Array.from({ length: transferIds }, () => randomUUID()) };
  const funding = [1, 2, 3].map((actor) => ({
    transferId: randomUUID(),
    legs: [leg(accountOf(world, 0), accountOf(world, actor), 70n, 'opening')],
  }));
  await db.tx(async (tx) => {
    for (const [actor, account] of actors.entries()) {
      await ledger.openAccount(tx, { ...account, accountId: accountOf(world, actor) });
    }
    for (const transfer of funding) expectOk(await ledger.transfer(tx, transfer, noon));
  });
  return { ...world, funding };
}

function accountOf({ accounts }: Pick<World, 'accounts'>, actor: number): string {
  const accountId = accounts[actor];
  if (accountId === undefined) throw new Error(`there is no actor ${actor}`);
  return accountId;
}

/** Every connection takes the next call as soon as it is free. A call that throws fails the test. */
async function callAtOnce(world: World, calls: readonly Call[]): Promise<Answer[]> {
  const first = new Map<number, Call & { do: 'transfer' }>();
  for (const call of calls) if (call.do === 'transfer' && !first.has(call.id)) first.set(call.id, call);
  const queue = calls.flatMap((call, n) => {
    if (call.do !== 'replay') return [{ call, n }];
    const original = first.get(call.id);
    const again = original && changed(original, call.change);
    return again ? [{ call: again, n }] : [];
  });
  const answers: Answer[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const answer = await callOnce(world, next.call, afterNoon(next.n % 20));
      if (answer) answers.push(answer);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return answers;
}

async function callOnce(world: World, call: Call, now: Date): Promise<Answer | undefined> {
  if (call.do !== 'transfer' && call.do !== 'post' && call.do !== 'void') return undefined;
  const id = world.ids[call.id] ?? '';
  if (call.do !== 'transfer') {
    const outcome = await onceInTx((tx) => ledger[call.do](tx, id, now));
    return { call: call.do, id, outcome };
  }
  const legs = call.legs.map(({ from, to, amountMinor, code }) =>
    leg(accountOf(world, from), accountOf(world, to), amountMinor, code),
  );
  const expiry = call.lifeMs === null ? {} : { expiresAt: new Date(now.getTime() + call.lifeMs) };
  const asked: NewTransfer = { transferId: id, legs, ...expiry };
  return { call: 'transfer', id, asked, outcome: await onceInTx((tx) => ledger.transfer(tx, asked, now)) };
}

/** `Db.tx` runs a deadlock's victim again; the ledger promises that it never has to. */
async function onceInTx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  let attempts = 0;
  const result = await db.tx((tx) => {
    attempts += 1;
    return work(tx);
  });
  expect(attempts).toBe(1);
  return result;
}

function groupById(answers: readonly Answer[]): Map<string, Answer[]> {
  const groups = new Map<string, Answer[]>();
  for (const answer of answers) groups.set(answer.id, [...(groups.get(answer.id) ?? []), answer]);
  return groups;
}

/** Checks that the answers about one id tell one story, and returns the transfer if that ends with it posted. */
function effectOf(id: string, answers: readonly Answer[]): NewTransfer | undefined {
  const transfers = answers.filter(({ call }) => call === 'transfer');
  const firsts = answers.filter(({ outcome }) => outcome.ok && !outcome.value.repeated);
  const accepted = firsts.filter(({ call }) => call === 'transfer');
  expect(accepted.length).toBeLessThanOrEqual(1);
  expect(firsts.length - accepted.length).toBeLessThanOrEqual(1); // posted or voided, once

  // Exactly one content owns the id; all others are told so, and the owner always hears the same.
  const owners = transfers.filter(({ outcome }) => outcome.ok || outcome.error !== 'transfer_exists_different');
  expect(new Set(owners.map(({ asked }) => contentOf(asked))).size).toBe(transfers.length === 0 ? 0 : 1);
  const [owner] = owners;
  for (const { asked, outcome } of transfers) {
    const own = contentOf(asked) === contentOf(owner?.asked);
    expect(!outcome.ok && outcome.error === 'transfer_exists_different').toBe(!own);
  }
  const [winner] = accepted;
  if (!winner?.asked) {
    expect(new Set(owners.map(({ outcome }) => JSON.stringify(outcome))).size).toBeLessThanOrEqual(1);
    expect(firsts).toEqual([]);
    return undefined;
  }
  expect(owners.every(({ outcome }) => outcome.ok)).toBe(true);
  const posted = firsts.some(({ outcome }) => outcome.ok && outcome.value.state === 'posted');
  return posted ? { ...winner.asked, transferId: id } : undefined;
}

function contentOf(asked: NewTransfer | undefined): string {
  const legs = asked?.legs.map((l) => [l.debitAccountId, l.creditAccountId, l.amountMinor.toString(), l.code]);
  return JSON.stringify([asked?.expiresAt !== undefined, legs]);
}

async function compareBalances(world: World, posted: readonly NewTransfer[]): Promise<void> {
  const legs: Leg[] = posted.flatMap((transfer) => [...transfer.legs]);
  const sum = (some: Leg[]) => some.reduce((total, { amountMinor }) => total + amountMinor, 0n);
  let total = 0n;
  for (const [actor, { floorMinor, ceilingMinor }] of actors.entries()) {
    const accountId = accountOf(world, actor);
    const expected =
      sum(legs.filter(({ creditAccountId }) => creditAccountId === accountId)) -
      sum(legs.filter(({ debitAccountId }) => debitAccountId === accountId));
    const balance = await ledger.balance(db, accountId);
    expect(balance).toMatchObject({ accountId, postedMinor: expected });
    if (!balance) throw new Error('unreachable: toMatchObject refuses undefined');
    if (floorMinor !== null) expect(balance.availableMinor).toBeGreaterThanOrEqual(floorMinor);
    if (ceilingMinor !== null) {
      expect(balance.postedMinor + balance.pendingInMinor).toBeLessThanOrEqual(ceilingMinor);
    }
    total += balance.postedMinor;
  }
  expect(total).toBe(0n);
}
