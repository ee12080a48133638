import { randomUUID } from 'node:crypto';
import { expectOk, leg, noon, openBooks, refusalOf, type Books } from './books';

let books: Books;
let payer: string;
let posted: string;
let pending: string;
let voided: string;
let rejected: string;

beforeAll(async () => {
  books = await openBooks();
  payer = await books.open({ openingMinor: 1_000n });
  const legs = [leg(payer, books.chart.feeIncome, 10n, 'fee')];
  posted = expectOk(await books.transfer({ legs })).transferId;
  pending = await books.reserve(...legs);
  voided = await books.reserve(...legs);
  expectOk(await books.void(voided));
  rejected = randomUUID();
  await books.transfer({ transferId: rejected, legs: [leg(payer, books.chart.feeIncome, 10_000n)] });
});
afterAll(() => books.close());

afterEach(async () => {
  expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
});

test.each([
  'update ledger_leg set amount_minor = 1',
  'delete from ledger_leg',
  'truncate ledger_leg cascade',
  'update ledger_entry set amount_minor = amount_minor',
  'update ledger_entry set posted_at = posted_at where false',
  'delete from ledger_entry',
  'truncate ledger_entry',
  `insert into ledger_entry select * from ledger_entry
     on conflict (account_id, version) do update set amount_minor = excluded.amount_minor`,
  `merge into ledger_entry e using ledger_leg l on e.transfer_id = l.transfer_id
     when matched then update set amount_minor = 1`,
  'delete from ledger_transfer',
  'truncate ledger_transfer cascade',
  'delete from ledger_account',
  'truncate ledger_account cascade',
  'update ledger_account set debits_posted_minor = debits_posted_minor - 1 where debits_posted_minor > 0',
  'update ledger_account set credits_posted_minor = credits_posted_minor - 1 where credits_posted_minor > 0',
  'update ledger_account set version = version - 1 where version > 0',
  `update ledger_account set kind = 'merchant'`,
  `update ledger_account set currency = 'USD'`,
  'update ledger_account set account_id = gen_random_uuid()',
])('the database refuses: %s', async (text) => {
  expect(await refusalOf(books.db.run({ text }))).toMatch(/^ledger: \w+ on ledger_\w+ is refused: /);
});

describe('the state of a transfer', () => {
  const states = ['pending', 'posted', 'voided', 'rejected'];
  const forbidden = [
    ...['pending', 'rejected'].map((to) => ['pending', to]),
    ...['posted', 'voided', 'rejected'].flatMap((from) => states.map((to) => [from, to])),
  ] as [string, string][];

  test.each(forbidden)('never goes from %s to %s', async (from, to) => {
    const transferId = { pending, posted, voided, rejected }[from];
    const text = 'update ledger_transfer set state = $2 where transfer_id = $1';
    const refusal = await refusalOf(books.db.run({ text, values: [transferId, to] }));
    expect(refusal).toMatch(/^ledger: update on ledger_transfer is refused/);
  });

  test.each(['transfer_id = gen_random_uuid()', 'leg_count = 2', `expires_at = expires_at + interval '1 hour'`])(
    'goes on without any other change: %s',
    async (change) => {
      const text = `update ledger_transfer set state = 'posted', settled_at = $2, ${change} where transfer_id = $1`;
      const refusal = await refusalOf(books.db.run({ text, values: [pending, noon] }));
      expect(refusal).toMatch(/^ledger: update on ledger_transfer is refused/);
    },
  );

  test('never begins as voided', async () => {
    const text = `insert into ledger_transfer (transfer_id, state, leg_count, expires_at, created_at, settled_at)
                  values ($1, 'voided', 1, $2, $2, $2)`;
    expect(await refusalOf(books.db.run({ text, values: [randomUUID(), noon] }))).toMatch(/only a pending transfer/);
  });
});

describe('an account', () => {
  test('never begins with money, nor closed', async () => {
    const insert = (columns: string, values: string) =>
      refusalOf(
        books.db.run({
          text: `insert into ledger_account (account_id, kind, currency, ${columns}) values ($1, 'customer', 'KES', ${values})`,
          values: [randomUUID()],
        }),
      );
    expect(await insert('credits_posted_minor', '5')).toMatch(/begins open and empty/);
    expect(await insert('debits_pending_minor', '5')).toMatch(/begins open and empty/);
    expect(await insert('status', `'closed'`)).toMatch(/begins open and empty/);
  });

  test('that is closed stays closed', async () => {
    const accountId = await books.open();
    await books.db.tx((tx) => books.ledger.setStatus(tx, accountId, 'closed'));
    const text = `update ledger_account set status = 'open' where account_id = $1`;
    expect(await refusalOf(books.db.run({ text, values: [accountId] }))).toMatch(/closed is for good/);
  });

  test.each([
    ['debits_posted_minor = debits_posted_minor + 1000', 'ledger_account_floor'],
    ['debits_pending_minor = debits_pending_minor + 1000', 'ledger_account_floor'],
    ['ceiling_minor = 900', 'ledger_account_ceiling'],
    ['debits_pending_minor = -1', 'ledger_account_debits_pending_minor_check'],
    ['credits_pending_minor = 4000000000000000000', 'ledger_account_range'],
    [`status = 'closed'`, 'ledger_account_closed_empty'],
  ])('keeps its bounds against a bare update: %s', async (change, constraint) => {
    const text = `update ledger_account set ${change} where account_id = $1`;
    expect(await refusalOf(books.db.run({ text, values: [payer] }))).toContain(constraint);
  });
});

test('an entry that does not add up, or comes twice, is refused', async () => {
  const copy = (version: string, after: string) =>
    refusalOf(
      books.db.run({
        text: `insert into ledger_entry select account_id, ${version}, transfer_id, leg_number, direction, amount_minor,
                 balance_before_minor, ${after}, posted_at from ledger_entry where transfer_id = $1`,
        values: [posted],
      }),
    );
  expect(await copy('version + 100', 'balance_after_minor')).toContain('ledger_entry_once');
  expect(await copy('version + 100', 'balance_after_minor + 1')).toContain('ledger_entry_sum');
  expect(await copy('version', 'balance_after_minor')).toContain('ledger_entry_pkey');
});
