import { setTimeout as sleep } from 'node:timers/promises';
import type { Transfer } from '../../../src/ledger';
import { leg, okOf, openBooks, wordOf, type Books } from './books';

/** A database that is there and cannot: what it cannot do is told, nothing is lost, and money goes on when it can. */
let books: Books;
let payer: string;
let payee: string;
beforeEach(async () => {
  books = await openBooks({ lanes: 1 });
  payer = await books.open({ openingMinor: 1_000n });
  payee = await books.open({ openingMinor: 1_000n });
});
afterEach(async () => {
  await books.check();
  await books.close();
});

const move = (amountMinor = 1n): Transfer => ({
  ...{ kind: 'transfer', transferId: books.ids.uuid(), legs: [leg(payer, payee, amountMinor)] },
});
const owner = (text: string) => books.owner.run({ text });
const lockAccount = (accountId: string): string =>
  `select from ledger_account where account_id = ${accountId} for update`;
/** The server's process that waits for a lock. */
async function blockedPid(): Promise<number> {
  for (;;) {
    const [blocked] = await books.owner.rows<{ pid: number }>({
      text: `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    });
    if (blocked) return blocked.pid;
    await sleep(5);
  }
}

test('a deadlock with somebody who locks accounts the other way round is survived', async () => {
  const session = await books.owner.session();
  try {
    await session.run({ text: `set deadlock_timeout = '30s'` }); // the ledger is the one that gives way
    await session.run({ text: 'begin' });
    await session.run({ text: lockAccount(payee) });
    const call = books.post(move(), move());
    await blockedPid(); // it has the payer and waits for the payee
    await session.run({ text: lockAccount(payer) });
    await session.run({ text: 'commit' });
    expect((await call).map(wordOf)).toEqual(['done', 'done']);
  } finally {
    session.end();
  }
});

test('serialization failures are survived', async () => {
  const { name } = await books.owner.one<{ name: string }>({ text: 'select current_database() as name' });
  await owner(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
  const engines = [books.another({ lanes: 2 }), books.another({ lanes: 2 })];
  const calls = Array.from({ length: 40 }, async (_, n) => {
    await sleep(n * 2);
    return engines[n % 2]?.ledger.post([move(), { ...move(), legs: [leg(payee, payer, 1n)] } as Transfer]) ?? [];
  });
  expect((await Promise.all(calls)).flat().map(wordOf)).toEqual(Array.from({ length: 80 }, () => 'done'));
  await owner(`alter database ${name} reset default_transaction_isolation`);
});

describe('R100: where the log cannot be written money stops, and goes on when it can', () => {
  test.each<[string, string, string, RegExp]>([
    [
      'has no partition for this month',
      'alter table audit_link detach partition audit_link_202601',
      `do $$ begin execute format('alter table audit_link attach partition audit_link_202601 for values from (%s) to (%s)',
         seq_of('2026-01-01Z'), seq_of('2026-02-01Z')); end $$`,
      /no partition of relation "audit_link"/,
    ],
    [
      'lies on a broken disk',
      `create function refuse() returns trigger language plpgsql as $$ begin
         raise exception 'could not write block' using errcode = 'io_error'; end $$;
       create trigger refuse before insert on audit_link for each row execute function refuse()`,
      'drop trigger refuse on audit_link; drop function refuse',
      /could not write block/,
    ],
    [
      'may not be written',
      `create function refuse() returns trigger language plpgsql as $$ begin
         raise exception 'permission denied for table audit_link' using errcode = 'insufficient_privilege'; end $$;
       create trigger refuse before insert on audit_link for each row execute function refuse()`,
      'drop trigger refuse on audit_link; drop function refuse',
      /permission denied/,
    ],
    [
      'has lost the head of its chain',
      'alter table audit_chain disable trigger user; create table lost as select * from audit_chain where chain = 1; delete from audit_chain where chain = 1',
      'insert into audit_chain select * from lost; drop table lost; alter table audit_chain enable trigger user',
      /query returned no rows/,
    ],
  ])('because it %s', async (_what, breakIt, mendIt, message) => {
    okOf(await books.one(move()));
    const pendingId = await books.reserve(leg(payer, payee, 5n));
    await owner(breakIt);
    const asked: Transfer[] = [move(), { kind: 'post', transferId: books.ids.uuid(), pendingId }, move(10n ** 9n)];
    const calls = asked.map((transfer) => books.one(transfer));
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(message) as string } });
    }
    expect(await books.balance(payer)).toMatchObject({ postedMinor: 999n, pendingOutMinor: 5n });
    for (const { transferId } of asked) expect(await books.ledger.find(books.db, transferId)).toBeUndefined();
    await owner(mendIt);
    // Nothing has happened to the ids: they go through now.
    const outcomes = await books.post(...asked);
    expect(outcomes.map(wordOf)).toEqual(['done', 'done', `insufficient_funds ${payer}`]);
  });

  test('nor is an account opened or changed', async () => {
    await owner('alter table audit_event detach partition audit_event_202601');
    await expect(books.open()).rejects.toThrow(/no partition of relation "audit_event"/);
    const freeze = books.db.tx((tx) => books.ledger.setStatus(tx, payer, 'frozen', { kind: 'staff', id: 'x' }));
    await expect(freeze).rejects.toThrow(/no partition of relation "audit_event"/);
    expect((await books.balance(payer)).status).toBe('open');
    await owner(`do $$ begin execute format('alter table audit_event attach partition audit_event_202601 for values from (%s) to (%s)',
                   seq_of('2026-01-01Z'), seq_of('2026-02-01Z')); end $$`);
    await books.open();
  });
});

test('in a month that has no partition money stops loudly, and nothing is lost when it has one', async () => {
  books.clock.set(new Date('2031-07-15T12:00:00Z'));
  const asked = [move(), move()];
  const calls = await Promise.allSettled(asked.map((transfer) => books.one(transfer)));
  for (const call of calls) {
    expect(call).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringMatching(/no partition of relation/) as string },
    });
  }
  const made = await books.ledger.prepare(books.clock.now());
  expect(made).toHaveLength(15);
  expect(made).toContain('ledger_transfer_203110');
  expect(await books.ledger.prepare(books.clock.now())).toEqual([]);
  expect((await books.post(...asked)).map(wordOf)).toEqual(['done', 'done']);
  const writes = `update ledger_transfer_203107 set seq = seq`;
  await expect(books.owner.run({ text: writes })).rejects.toThrow(/transfers are append-only/);
});

test('partitions are made by many processes at once, while others post', async () => {
  books.clock.set(new Date('2026-04-28T12:00:00Z'));
  const engines = Array.from({ length: 5 }, () => books.another({ lanes: 1 }));
  const posting = Promise.all(Array.from({ length: 20 }, () => books.one(move())));
  const made = await Promise.all(engines.map(({ ledger }) => ledger.prepare(new Date('2031-06-15T12:00:00Z'))));
  expect(made.flat().sort()).toEqual([...new Set(made.flat())].sort());
  expect(made.flat()).toHaveLength(15);
  expect((await posting).map(wordOf)).toEqual(Array.from({ length: 20 }, () => 'done'));
});

test('a pool that is exhausted is waited for', async () => {
  const { ledger, db } = books.another({ lanes: 1, spareConnections: 1 });
  const taken = [await db.session(), await db.session()];
  const pendingId = await books.reserve(leg(payer, payee, 5n));
  const calls = ledger.post([move(), { kind: 'post', transferId: books.ids.uuid(), pendingId }]);
  const answered = await Promise.race([calls.then(() => true), sleep(6_000, false)]); // longer than the pool waits
  expect(answered).toBe(false);
  for (const session of taken) session.end();
  expect((await calls).map(wordOf)).toEqual(['done', 'done']);
});

test('a statement that is cancelled has moved nothing, says so, and can be asked again', async () => {
  const session = await books.owner.session();
  await session.run({ text: 'begin' });
  await session.run({ text: lockAccount(payer) });
  const asked = [move(), move()];
  const call = Promise.allSettled(asked.map((transfer) => books.one(transfer)));
  await books.owner.rows({ text: 'select pg_cancel_backend($1)', values: [await blockedPid()] });
  for (const one of await call) expect(one).toMatchObject({ status: 'rejected', reason: { code: '57014' } });
  await session.run({ text: 'rollback' });
  session.end();
  expect(await books.posted(payer)).toBe(1_000n);
  expect((await books.post(...asked)).map(wordOf)).toEqual(['done', 'done']);
});

test('a connection that is ended while its batch waits is replaced, and the batch is done once', async () => {
  const session = await books.owner.session();
  await session.run({ text: 'begin' });
  await session.run({ text: lockAccount(payer) });
  const call = books.post(move(), move());
  await books.owner.rows({ text: 'select pg_terminate_backend($1)', values: [await blockedPid()] });
  await session.run({ text: 'rollback' });
  session.end();
  expect((await call).every(({ ok }) => ok)).toBe(true);
  expect(await books.posted(payer)).toBe(998n);
});
