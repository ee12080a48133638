import { plusMs, type Attachment, type Json } from '../../../src/platform';
import type { Transfer } from '../../../src/ledger';
import { hourMs, leg, okOf, openBooks, wordOf, type Books } from './books';

let books: Books;
let payer: string;
beforeAll(async () => {
  books = await openBooks({ lanes: 1 }); // one lane: what is asked in one call goes in one batch
  for (const name of ['row', 'other']) {
    const table = `attached_${name}`;
    await books.owner.run({
      text: `create table ${table} (word text primary key, number integer constraint ${table}_small check (number < 100))`,
    });
    await books.owner.run({
      text: `create function attach_test_${name}(p_rows jsonb) returns void language sql as $$
               insert into ${table} (word, number) select r ->> 'word', (r ->> 'number')::integer
               from jsonb_array_elements(p_rows) r $$`,
    });
  }
  await books.owner.run({
    text: `create function attach_test_failing(p_rows jsonb) returns void language plpgsql as $$
             begin raise exception 'no' using constraint = 'never_ever'; end $$`,
  });
  payer = await books.open({ openingMinor: 10_000n });
});
afterEach(() => books.check());
afterAll(() => books.close());

let words = 0;
const word = (): string => `word ${++words}`;
const row = (fields: Record<string, Json>, writer = 'test_row'): Attachment => ({ writer, row: fields });
const moveWith = (attachments: Attachment[], amountMinor = 1n): Extract<Transfer, { kind: 'transfer' }> => ({
  ...{ kind: 'transfer', transferId: books.ids.uuid(), attachments },
  legs: [leg(payer, books.chart.trust, amountMinor)],
});
const written = async (...among: string[]): Promise<string[]> => {
  const rows = await books.owner.rows<{ word: string }>({
    text: `select word from (table attached_row union all table attached_other) t where word = any ($1) order by word`,
    values: [among],
  });
  return rows.map((found) => found.word);
};

test.each(['transfer', 'reserve', 'post', 'void'] as const)(
  'a row that comes with a %s commits with it',
  async (kind) => {
    const [first, second] = [word(), word()];
    const attachments = [row({ word: first, number: 1 }), row({ word: second, number: 2 })];
    const pendingId = await books.reserve(leg(payer, books.chart.trust, 5n));
    const asked = { transferId: books.ids.uuid(), legs: [leg(payer, books.chart.trust, 1n)], attachments };
    const expiresAt = plusMs(books.clock.now(), hourMs);
    const transfers: Record<typeof kind, Transfer> = {
      transfer: { kind: 'transfer', ...asked },
      reserve: { kind: 'reserve', ...asked, expiresAt },
      post: { kind: 'post', transferId: asked.transferId, pendingId, attachments },
      void: { kind: 'void', transferId: asked.transferId, pendingId, attachments },
    };
    okOf(await books.one(transfers[kind]));
    expect(await written(first, second)).toEqual([first, second].sort());
  },
);

test('several writers write for one transfer and for one batch', async () => {
  const all = [word(), word(), word(), word()] as const;
  const outcomes = await books.post(
    moveWith([row({ word: all[0] }), row({ word: all[1] }, 'test_other')]),
    moveWith([row({ word: all[2] }, 'test_other')]),
    moveWith([]),
    moveWith([row({ word: all[3] })]),
  );
  expect(outcomes.map(wordOf)).toEqual(['done', 'done', 'done', 'done']);
  expect(await written(...all)).toEqual([...all].sort());
});

test('sixteen rows may come with one transfer', async () => {
  const all = Array.from({ length: 16 }, word);
  okOf(await books.one(moveWith(all.map((one) => row({ word: one })))));
  expect(await written(...all)).toHaveLength(16);
});

test('an event for the forensic log is an attachment like any other', async () => {
  const asked = moveWith([
    row(
      { ...{ at: 1, action: 'test.done', actorKind: 'staff', actorId: 'x' }, ...{ subjectKind: 'y', subjectId: 'z' } },
      'audit',
    ),
  ]);
  okOf(await books.one(asked));
  const event = { text: `select action, actor_id, subject_id from audit_event where actor_id = 'x'` };
  expect(await books.db.rows(event)).toEqual([{ action: 'test.done', actor_id: 'x', subject_id: 'z' }]);
});

describe('no row is written', () => {
  test('of a transfer that is refused, while its neighbours’ are', async () => {
    const [good, bad, last] = [word(), word(), word()];
    const outcomes = await books.post(
      moveWith([row({ word: good })]),
      moveWith([row({ word: bad })], 10n ** 9n),
      moveWith([row({ word: last })]),
    );
    expect(outcomes.map(wordOf)).toEqual(['done', `insufficient_funds ${payer}`, 'done']);
    expect(await written(good, bad, last)).toEqual([good, last].sort());
  });

  test('of a transfer that is repeated, in the same call, later, or with other rows', async () => {
    const [first, second, neighbour] = [word(), word(), word()];
    const asked = moveWith([row({ word: first })]);
    expect((await books.post(asked, { ...asked, attachments: [row({ word: second })] }, asked)).map(wordOf)).toEqual([
      'done',
      'again',
      'again',
    ]);
    const outcomes = await books.post(
      { ...asked, attachments: [row({ word: second })] },
      moveWith([row({ word: neighbour })]),
    );
    expect(outcomes.map(wordOf)).toEqual(['again', 'done']);
    expect(await written(first, second, neighbour)).toEqual([first, neighbour].sort());
  });
});

describe('a row that the database refuses takes its transfer with it, and nobody else’s', () => {
  test.each<[string, string, () => Attachment]>([
    ['attached_row_small', 'breaks a rule of its table', () => row({ word: word(), number: 100 })],
    ['attached_row_pkey', 'is there already', () => row({ word: 'taken' })],
    ['23502', 'lacks its key', () => row({})],
    ['22P02', 'is of the wrong type', () => row({ word: word(), number: 'many' })],
    ['22P05', 'cannot be text', () => row({ word: 'a\u0000b' })],
    ['42883', 'has a writer that is not there', () => row({ word: word() }, 'test_nobody')],
    ['never_ever', 'has a writer that says no', () => row({ word: word() }, 'test_failing')],
    ['22P02', 'holds half a letter', () => row({ word: '\ud800' })],
    ['unwritable', 'is no JSON', () => row({ word: 5n as unknown as Json })],
    [
      'audit_event_action_check',
      'is an event without a proper name',
      () =>
        row({ at: 1, action: 'Nonsense', actorKind: 'staff', actorId: 'x', subjectKind: 'y', subjectId: 'z' }, 'audit'),
    ],
  ])('%s: when it %s', async (reason, _what, make) => {
    await books.owner.run({ text: `insert into attached_row (word) values ('taken') on conflict do nothing` });
    const good = Array.from({ length: 99 }, word);
    const bad = moveWith([row({ word: word() }, 'test_other'), make()]);
    const transfers: Transfer[] = good.map((one, n) => moveWith(n % 2 === 0 ? [row({ word: one })] : []));
    transfers.splice(57, 0, bad);
    const before = await books.posted(payer);
    const outcomes = await books.post(...transfers);
    expect(outcomes[57]).toEqual({ ok: false, error: 'attachment_refused', detail: { reason } });
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(99);
    expect(await books.posted(payer)).toBe(before - 99n);
    expect(await written(...good)).toHaveLength(50);
    // It left no trace: with a proper row the same id goes through.
    expect(await books.ledger.find(books.db, bad.transferId)).toBeUndefined();
    okOf(await books.one({ ...bad, attachments: [] }));
  });

  test('ten bad ones among a hundred', async () => {
    const transfers = Array.from({ length: 100 }, (_, n) =>
      moveWith(n % 10 === 3 ? [row({ word: word(), number: 100 })] : [row({ word: word() })]),
    );
    const outcomes = await books.post(...transfers);
    expect(outcomes.map(({ ok }) => ok)).toEqual(transfers.map((_, n) => n % 10 !== 3));
  });

  test('two that only together break a rule: the first is done', async () => {
    const one = word();
    const outcomes = await books.post(moveWith([row({ word: one })]), moveWith([row({ word: one })]), moveWith([]));
    expect(outcomes.map(wordOf)).toEqual(['done', 'attachment_refused attached_row_pkey', 'done']);
  });

  test('a reservation and what posts it, of which the first is bad', async () => {
    const [transferId, expiresAt] = [books.ids.uuid(), plusMs(books.clock.now(), hourMs)];
    const outcomes = await books.post(
      { kind: 'reserve', transferId, legs: [leg(payer, books.chart.trust, 1n)], expiresAt, attachments: [row({})] },
      { kind: 'post', transferId: books.ids.uuid(), pendingId: transferId },
    );
    expect(outcomes.map(wordOf)).toEqual(['attachment_refused 23502', 'pending_unknown']);
  });
});
