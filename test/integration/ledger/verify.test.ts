import type { VerifyReport } from '../../../src/ledger';
import { expectOk, leg, openBooks, type Books } from './books';

let books: Books;
let payer: string;
let pending: string;
let voided: string;

beforeAll(async () => {
  books = await openBooks();
  payer = await books.open({ openingMinor: 1_000n });
  const payee = await books.open();
  const legs = [leg(payer, payee, 100n), leg(payer, books.chart.feeIncome, 10n, 'fee')];
  expectOk(await books.transfer({ legs }));
  pending = await books.reserve(...legs);
  voided = await books.reserve(...legs);
  expectOk(await books.void(voided));
  await books.transfer({ legs: [leg(payer, payee, 10_000n)] }); // refused
});
afterAll(() => books.close());

/** What verify says after a forgery by somebody who owns the database; rolled back. */
async function verifyAfter(...statements: string[]): Promise<VerifyReport> {
  let report: VerifyReport | undefined;
  const forgery = books.db.tx(async (tx) => {
    for (const table of ['account', 'transfer', 'leg', 'entry']) {
      await tx.run({ text: `alter table ledger_${table} disable trigger user` });
    }
    for (const text of statements) await tx.run({ text });
    report = await books.ledger.verify(tx);
    throw new Error('roll it back');
  });
  await expect(forgery).rejects.toThrow('roll it back');
  if (!report) throw new Error('unreachable: the forgery got to its end');
  return report;
}

test('clean books report their trial balance and their sizes', async () => {
  expect(await books.ledger.verify(books.db)).toEqual({
    clean: true,
    trialBalance: [{ currency: 'KES', debitsMinor: 1_110n, creditsMinor: 1_110n }],
    accounts: 5n,
    transfers: 5n,
    entries: 6n,
  });
});

test.each<[string, string, () => string[]]>([
  ['trial_balance', 'an entry is gone', () => [`delete from ledger_entry where direction = 'credit' and version = 1`]],
  [
    'account_counters',
    'money appears on an account',
    () => [`update ledger_account set credits_posted_minor = credits_posted_minor + 1 where account_id = '${payer}'`],
  ],
  [
    'running_balance',
    'a balance in the history is rewritten',
    () => [
      `update ledger_entry set balance_before_minor = balance_before_minor + 1,
              balance_after_minor = balance_after_minor + 1
       where account_id = '${payer}' and version = 2`,
    ],
  ],
  [
    'pending_counters',
    'a hold is lifted without its transfer',
    () => ['update ledger_account set debits_pending_minor = 0'],
  ],
  [
    'transfer_legs',
    'a leg is gone',
    () => [`delete from ledger_leg where transfer_id = '${voided}' and leg_number = 2`],
  ],
  [
    'transfer_entries',
    'a transfer is called posted and nothing was booked',
    () => [
      `update ledger_transfer set state = 'posted', settled_at = created_at where transfer_id = '${pending}'`,
      'update ledger_account set debits_pending_minor = 0, credits_pending_minor = 0',
    ],
  ],
  [
    'transfer_entries',
    'a voided transfer has entries',
    () => [
      `update ledger_transfer set state = 'voided', expires_at = created_at
       where transfer_id = (select transfer_id from ledger_entry where account_id = '${payer}' and version = 2)`,
    ],
  ],
  [
    'leg_accounts',
    'a leg names an account that is not there',
    () => [`update ledger_leg set debit_account_id = gen_random_uuid() where transfer_id = '${voided}'`],
  ],
  [
    'account_bounds',
    'a balance is over its ceiling',
    () => [
      'alter table ledger_account drop constraint ledger_account_ceiling',
      `update ledger_account set ceiling_minor = 5 where account_id = '${payer}'`,
    ],
  ],
])('verify names %s when %s', async (check, _what, statements) => {
  const { clean, deviation } = await verifyAfter(...statements());
  expect(clean).toBe(false);
  expect(deviation?.check).toBe(check);
  expect(deviation?.expected).not.toBe(deviation?.found);
});

test('a deviation says where, what was due and what is there', async () => {
  const { deviation } = await verifyAfter(
    `update ledger_account set debits_pending_minor = 7 where account_id = '${payer}'`,
  );
  expect(deviation).toEqual({
    check: 'pending_counters',
    subject: payer,
    expected: 'out 110, in 0',
    found: 'out 7, in 0',
  });
});
