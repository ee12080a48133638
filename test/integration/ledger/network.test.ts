import { setTimeout as sleep } from 'node:timers/promises';
import { createLedger, type Transfer } from '../../../src/ledger';
import { createLog, plusMs, type Db, type Session } from '../../../src/platform';
import { hourMs, leg, okOf, openBooks, wordOf, type Books, type Engine } from './books';
import { createProxy, type Cut, type Proxy } from './proxy';

/** Connections that are lost: nothing is ever told as failed that may have happened, and nothing happens twice. */
let books: Books;
let proxy: Proxy;
let engine: Engine;
let payer: string;
beforeEach(async () => {
  books = await openBooks({ lanes: 1 });
  payer = await books.open({ openingMinor: 100_000n });
  await books.owner.run({ text: 'create table attached (word text primary key)' });
  await books.owner.run({
    text: `create function attach_test_row(p_rows jsonb) returns void language sql as $$
             insert into attached select r ->> 'word' from jsonb_array_elements(p_rows) r $$`,
  });
  proxy = await createProxy(books.url);
  engine = books.another({ url: proxy.url });
});
afterEach(async () => {
  await books.check();
  await engine.ledger.close();
  await books.close();
  await proxy.close();
});

const attached = async (): Promise<bigint> =>
  (await books.owner.one<{ count: bigint }>({ text: 'select count(*) from attached' })).count;
const move = (amountMinor = 1n): Transfer => {
  const transferId = books.ids.uuid();
  const legs = [leg(payer, books.chart.trust, amountMinor)];
  return { kind: 'transfer', transferId, legs, attachments: [{ writer: 'test_row', row: { word: transferId } }] };
};

test.each<Cut>(['before', 'during', 'after'])(
  'R95, R205: a connection lost %s the batch: all of it is done, once, and nobody is told otherwise',
  async (how) => {
    for (let round = 0; round < 5; round += 1) {
      proxy.cut(how);
      const outcomes = await engine.ledger.post(Array.from({ length: 20 }, () => move()));
      expect(outcomes.every(({ ok }) => ok)).toBe(true);
    }
    expect(await books.posted(payer)).toBe(99_900n);
    expect(await attached()).toBe(100n);
  },
);

test('connections lost in every way, again and again, under load, with reservations', async () => {
  const ways: Cut[] = ['before', 'during', 'after', 'after', 'during'];
  const refused = move(10n ** 9n);
  const worker = async (n: number): Promise<void> => {
    for (let round = 0; round < 6; round += 1) {
      proxy.cut(ways[(n + round) % ways.length] ?? 'after');
      const transferId = books.ids.uuid();
      const legs = [leg(payer, books.chart.trust, 3n)];
      const expiresAt = plusMs(books.clock.now(), hourMs);
      const outcomes = await engine.ledger.post([move(), { kind: 'reserve', transferId, legs, expiresAt }, refused]);
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false]);
      expect(wordOf(outcomes[2])).toBe(`insufficient_funds ${payer}`);
      const resolution: Transfer = {
        kind: n % 2 === 0 ? 'post' : 'void',
        transferId: books.ids.uuid(),
        pendingId: transferId,
      };
      okOf((await engine.ledger.post([resolution]))[0]);
    }
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(worker));
  expect(await books.balance(payer)).toMatchObject({ postedMinor: 100_000n - 36n - 18n * 3n, pendingOutMinor: 0n });
  expect(await attached()).toBe(36n);
});

test('while the database is away calls wait, and succeed when it is back; none is told as failed', async () => {
  const pendingId = await books.reserve(leg(payer, books.chart.trust, 5n));
  okOf((await engine.ledger.post([move()]))[0]);
  await proxy.down();
  const answered: string[] = [];
  const calls = [
    ...Array.from({ length: 30 }, () => move()),
    { kind: 'post', transferId: books.ids.uuid(), pendingId } as const,
  ].map(async (transfer) => {
    const outcomes = await engine.ledger.post([transfer]).catch((error: unknown) => [String(error)]);
    answered.push(...outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : wordOf(outcome))));
  });
  await sleep(2_500);
  expect(answered).toEqual([]);
  await proxy.up();
  await Promise.all(calls);
  expect(answered).toEqual(Array.from({ length: 31 }, () => expect.stringMatching(/^(done|again)$/) as string));
  expect(await books.posted(payer)).toBe(100_000n - 31n - 5n);
});

test('when the ledger is closed while the database is away, calls end with the reason', async () => {
  okOf((await engine.ledger.post([move()]))[0]);
  await proxy.down();
  const call = engine.ledger.post([move()]);
  const ended = expect(call).rejects.toThrow();
  await sleep(100);
  await engine.ledger.close();
  await ended;
  await proxy.up();
});

test('a connection that the server ends is replaced', async () => {
  okOf((await engine.ledger.post([move()]))[0]);
  for (let round = 0; round < 5; round += 1) {
    const calls = Array.from({ length: 10 }, () => engine.ledger.post([move()]));
    await books.owner.rows({
      text: `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    });
    expect((await Promise.all(calls)).flat().every(({ ok }) => ok)).toBe(true);
  }
  expect(await books.posted(payer)).toBe(100_000n - 51n);
});

describe('what the driver says of a broken connection', () => {
  /** A database of which the first batches fail as told, before they are sent or after they were carried out. */
  const faulty = (faults: { code: string; sent: boolean }[]): Db => {
    const { db } = books;
    return {
      ...db,
      session: async (): Promise<Session> => {
        const session = await db.session();
        return {
          ...session,
          one: async <R extends Record<string, unknown>>(query: Parameters<Session['one']>[0]) => {
            const fault = query.name === batchName ? faults.shift() : undefined;
            if (!fault) return session.one<R>(query);
            if (fault.sent) await session.one<R>(query);
            throw Object.assign(new Error(`it failed with ${fault.code}`), { code: fault.code });
          },
        };
      },
    };
  };
  const batchName = 'ledger.post';
  const ledgerOver = (db: Db) => createLedger({ db, clock: books.clock, log: createLog('silent'), lanes: 1 });

  test.each(['EPIPE', 'ECONNRESET', 'ETIMEDOUT', '08006', '57P01'])(
    '%s leaves it in doubt, not failed',
    async (code) => {
      const ledger = ledgerOver(
        faulty([
          { code, sent: true },
          { code, sent: false },
        ]),
      );
      const [outcome] = await ledger.post([move()]);
      expect(wordOf(outcome)).toBe('again');
      expect(await books.posted(payer)).toBe(99_999n);
      await ledger.close();
    },
  );

  test.each(['53100', '57014', 'SHCLK', '40P01'])(
    'what is in doubt is not told as failed because of %s when it is asked again',
    async (code) => {
      const ledger = ledgerOver(
        faulty([
          { code: 'ECONNRESET', sent: true },
          { code, sent: false },
          { code, sent: false },
        ]),
      );
      const [outcome] = await ledger.post([move()]);
      expect(wordOf(outcome)).toBe('again');
      expect(await books.posted(payer)).toBe(99_999n);
      await ledger.close();
    },
  );
});
