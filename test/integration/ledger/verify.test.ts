import type { VerifyReport } from '../../../src/ledger';
import { plusMs } from '../../../src/platform';
import { actor, hourMs, leg, okOf, openBooks, type Books } from './books';

/** One of each kind of row: opened, moved, reserved and kept, posted in part, voided, refused. */
let books: Books;
let payer: string;
let payee: string;
let moved: string;
let kept: string;
let reserved: string;
let posted: string;
let refused: string;

beforeAll(async () => {
  books = await openBooks({ lanes: 1 });
  const profile = await books.limits({
    out: { day: { amountMinor: 100_000n, count: 20 } },
    in: { year: { count: 99 } },
  });
  payer = await books.open({ openingMinor: 1_000n, limitProfile: profile });
  payee = await books.open({ ceilingMinor: 5_000n });
  const counted = [leg(payer, payee, 100n, { counted: true }), leg(payer, books.chart.feeIncome, 10n, { code: 'fee' })];
  okOf(await books.move(...counted));
  moved = books.ids.uuid();
  okOf(await books.one({ kind: 'transfer', transferId: moved, legs: [...counted, leg(payee, payer, 5n)] }));
  kept = await books.reserve(...counted);
  reserved = await books.reserve(...counted);
  posted = books.ids.uuid();
  okOf(await books.one({ kind: 'post', transferId: posted, pendingId: reserved, amountsMinor: [60n, 10n] }));
  okOf(await books.release(await books.reserve(...counted)));
  refused = books.ids.uuid();
  await books.one({ kind: 'transfer', transferId: refused, legs: [...counted, leg(payer, payee, 10_000n)] });
  okOf(await books.move(leg(payee, payer, 7n)));
});
afterAll(() => books.close());

/** What verify says after a forgery by somebody who owns the database; rolled back. */
async function verifyAfter(...statements: string[]): Promise<VerifyReport> {
  let report: VerifyReport | undefined;
  const forgery = books.owner.tx(async (tx) => {
    await tx.run({ text: 'set local session_replication_role = replica' }); // no triggers
    for (const text of statements) await tx.run({ text });
    report = await books.ledger.verify(tx);
    throw new Error('roll it back');
  });
  await expect(forgery).rejects.toThrow('roll it back');
  if (!report) throw new Error('unreachable: the forgery got to its end');
  return report;
}

/** As a careful forger does it: the digest is that of the new content. */
const change = (transferId: string, set: string): string[] => [
  `update ledger_transfer set ${set} where transfer_id = '${transferId}'`,
  `update ledger_transfer set digest = sha256(record_send(row(
     transfer_id, seq, kind, result, refused_account_id, pending_id, expires_at, legs)))
   where transfer_id = '${transferId}'`,
];

test('clean books report their trial balance and their sizes', async () => {
  const steps: string[] = [];
  const report = await books.ledger.verify(books.db, { onProgress: (step) => steps.push(step) });
  expect(report).toEqual({
    clean: true,
    trialBalance: [{ currency: 'KES', debitsMinor: 1_302n, creditsMinor: 1_302n }],
    accounts: 9n,
    transfers: 10n,
  });
  expect(steps[0]).toBe('1 of 1: the rows since the last closed month');
});

test('fresh books are clean', async () => {
  const fresh = await openBooks();
  expect(await fresh.ledger.verify(fresh.db)).toMatchObject({ clean: true, accounts: 7n, transfers: 0n });
  await fresh.close();
});

/** The check that names it, what was done, the statements, and words of the deviation. */
const forgeries: [string, string, () => string[], string][] = [
  [
    'trial_balance',
    'money appears on an account',
    () => [`update ledger_account set credits_posted_minor = credits_posted_minor + 1 where account_id = ${payer}`],
    'KES',
  ],
  ['trial_balance', 'a row is gone', () => [`delete from ledger_transfer where transfer_id = '${moved}'`], 'KES'],
  ['trial_balance', 'an account is gone', () => [`delete from ledger_account where account_id = ${payee}`], 'KES'],
  [
    'transfers',
    'a digest is another',
    () => [`update ledger_transfer set digest = sha256('') where transfer_id = '${kept}'`],
    'digest',
  ],
  [
    'transfers',
    'content changes under its digest',
    () => [`update ledger_transfer set result = 5 where transfer_id = '${refused}'`],
    'digest',
  ],
  ['transfers', 'a kind is none', () => change(refused, 'kind = 9'), 'a kind from 1 to 4'],
  ['transfers', 'a refusal is none', () => change(refused, 'result = 55'), 'a refusal that sticks'],
  ['transfers', 'a refusal has no account', () => change(refused, 'refused_account_id = null'), 'the reason'],
  ['transfers', 'a leg is cut', () => change(kept, 'legs = legs[1:15]'), 'eight numbers'],
  ['transfers', 'legs have two dimensions', () => change(kept, 'legs = array[legs, legs]'), 'a plain list'],
  ['transfers', 'a number is missing', () => change(kept, 'legs[3] = null'), 'eight numbers'],
  ['transfers', 'a reservation never ends', () => change(kept, 'expires_at = null'), 'an expiry'],
  ['transfers', 'a move resolves something', () => change(moved, `pending_id = '${kept}'`), 'a reservation'],
  ['transfers', 'a code is none', () => change(kept, 'legs[4] = 77'), 'a known code'],
  ['transfers', 'an amount is huge', () => change(kept, 'legs[3] = 9223372036854775807'), '10^15'],
  ['transfers', 'a refused row has a balance', () => change(refused, 'legs[5] = 1'), 'no balances'],
  ['transfers', 'a refused row follows another', () => change(refused, 'legs[7] = 1'), 'no rows before it'],
  ['transfers', 'a leg goes in a circle', () => change(kept, 'legs[2] = legs[1]'), 'two accounts'],
  ['transfers', 'a leg names nobody', () => change(kept, 'legs[1] = 999999999'), 'one currency'],
  ['transfers', 'a stripe is of another lane', () => change(kept, 'legs[10] = legs[10] + 1'), 'stripe'],
  ['transfers', 'what posts has other legs', () => change(posted, 'legs[4] = 1'), 'legs of'],
  ['transfers', 'more is posted than was reserved', () => change(reserved, 'legs[3] = 59'), 'legs of'],
  [
    'transfers',
    'nothing was reserved',
    () => [`delete from ledger_transfer where transfer_id = '${reserved}'`],
    'a reservation',
  ],
  [
    'transfers',
    'a reservation is resolved twice',
    () => change(posted, `pending_id = (select pending_id from ledger_transfer where kind = 4)`),
    'once',
  ],
  [
    'account_counters',
    'money changes its owner',
    () => [
      `update ledger_account set credits_posted_minor = credits_posted_minor + 1 where account_id = ${payer}`,
      `update ledger_account set credits_posted_minor = credits_posted_minor - 1 where account_id = ${payee}`,
    ],
    'credits',
  ],
  [
    'account_counters',
    'an account forgets its last row',
    () => [`update ledger_account set last_seq = last_seq - 16 where account_id = ${payer}`],
    'last row',
  ],
  [
    'running_balance',
    'a balance in the history is rewritten',
    () => change(moved, 'legs[5] = legs[5] + 1'),
    'on 1000001',
  ],
  [
    'running_balance',
    'a balance is beyond all numbers',
    () => change(moved, 'legs[5] = 9223372036854775807'),
    'balance',
  ],
  ['running_balance', 'a row is passed over', () => change(moved, 'legs[7] = legs[7] - 16'), 'after row'],
  ['running_balance', 'a second leg forgets the first', () => change(moved, 'legs[15] = legs[7]'), 'after row'],
  ['holds', 'a reservation is not held', () => ['delete from ledger_hold'], 'nothing held'],
  [
    'holds',
    'a reservation is held longer',
    () => [`update ledger_hold set expires_at = expires_at + interval '1 s'`],
    'until',
  ],
  ['holds', 'a hold has other legs', () => ['update ledger_hold set legs[3] = 1'], 'until'],
  [
    'holds',
    'what was posted is held again',
    () => [
      `insert into ledger_hold select transfer_id, expires_at, seq, legs from ledger_transfer where transfer_id = '${reserved}'`,
    ],
    'nothing held',
  ],
  [
    'holds',
    'a counter forgets what is held',
    () => [`update ledger_account set debits_pending_minor = 0 where account_id = ${payer}`],
    'pending',
  ],
  [
    'holds',
    'a house account holds',
    () => [`update ledger_account set credits_pending_minor = 1 where account_id = ${books.chart.feeIncome}`],
    'pending',
  ],
  [
    'limit_counters',
    'a day is forgotten',
    () => [`update ledger_account set out_day_minor = 0 where account_id = ${payer}`],
    'day',
  ],
  [
    'limit_counters',
    'a time is forgotten',
    () => [`update ledger_account set out_year_count = 3 where account_id = ${payer}`],
    'year',
  ],
  [
    'limit_counters',
    'a day begins again',
    () => [`update ledger_account set limit_day = limit_day - 1 where account_id = ${payer}`],
    'day',
  ],
  [
    'limit_counters',
    'it counts in a day to come',
    () => [`update ledger_account set limit_day = 2147483647, limit_month = -5 where account_id = ${payer}`],
    'day',
  ],
  [
    'limit_counters',
    'it never began to count',
    () => [
      `update ledger_account set limit_day = null, limit_week = null, limit_month = null, limit_year = null
       where account_id = ${payer}`,
    ],
    'not before day',
  ],
  [
    'account_terms',
    'a ceiling goes up',
    () => [`update ledger_account set ceiling_minor = 9000 where account_id = ${payee}`],
    'ceiling',
  ],
  [
    'account_terms',
    'a frozen account is opened',
    () => [`update ledger_account set status = 1 where account_id = ${payee}`],
    'status',
  ],
  [
    'account_terms',
    'a limit is widened',
    () => ['update ledger_limit_profile set out_day_minor = 1000000'],
    'out_day_minor',
  ],
  [
    'account_terms',
    'nobody opened it',
    () => [`delete from audit_event where subject_id = '${payee}'`],
    'no such account',
  ],
  [
    'account_terms',
    'a change is not in the log',
    () => [`update audit_event set old_value = new_value where subject_id = '${payee}'`],
    'account.opened from nothing',
  ],
  [
    'account_terms',
    'there is a stripe too many',
    () => [`insert into ledger_account (account_id, kind, currency) values (16, 'fee_income', 404)`],
    'no such account',
  ],
  [
    'account_bounds',
    'a balance is over its ceiling, and the log says that it may not',
    () => [
      'alter table ledger_account drop constraint ledger_account_ceiling',
      `update ledger_account set ceiling_minor = 5 where account_id = ${payee}`,
      `update audit_event set new_value = jsonb_set(new_value, '{ceiling}', '"5"') where subject_id = '${payee}'`,
    ],
    'and 5',
  ],
];

test.each(forgeries)('verify names %s when %s', async (check, _what, statements, words) => {
  const { clean, deviation } = await verifyAfter(...statements());
  expect(clean).toBe(false);
  expect({ ...deviation, words: `${deviation?.subject} ${deviation?.expected} ${deviation?.found}` }).toMatchObject({
    check,
    words: expect.stringContaining(words) as string,
  });
  expect(deviation?.expected).not.toBe(deviation?.found);
});

test('a deviation says where, what was due and what is there', async () => {
  const { deviation } = await verifyAfter(
    `update ledger_account set debits_pending_minor = 7 where account_id = ${payer}`,
  );
  expect(deviation).toEqual({
    check: 'holds',
    subject: payer,
    expected: 'pending: debits 110, credits 0',
    found: 'pending: debits 7, credits 0',
  });
});

test('what happened to accounts and limits is followed through the log', async () => {
  const { db, ledger } = books;
  await db.tx(async (tx) => {
    await ledger.setStatus(tx, payee, 'frozen', actor);
    await ledger.setBounds(tx, payee, { floorMinor: -50n, ceilingMinor: null, limitProfile: 1 }, actor);
    await ledger.setStatus(tx, payee, 'open', actor);
    await ledger.setStatus(tx, books.chart.trust, 'frozen_debit', actor);
    await ledger.setStatus(tx, books.chart.trust, 'open', actor);
    await ledger.setLimits(tx, { profile: 1, out: { day: { amountMinor: 100_000n, count: 30 } }, in: {} }, actor);
  });
  expect(await ledger.verify(db)).toMatchObject({ clean: true });
  const { deviation } = await verifyAfter(`delete from audit_event where action = 'account.status_changed'`);
  expect(deviation).toMatchObject({ check: 'account_terms', subject: `account ${payee}` });
});

test('limits are proved over days, a profile that came later from its next day on', async () => {
  const late = await books.open({ openingMinor: 900n });
  const one = (amount: bigint) => books.move(leg(late, payer, amount, { counted: true }));
  okOf(await one(11n));
  await books.db.tx((tx) =>
    books.ledger.setBounds(tx, late, { floorMinor: 0n, ceilingMinor: null, limitProfile: 1 }, actor),
  );
  okOf(await one(5n));
  expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
  // Nobody can say which of the two came before the profile, so the day is not proved.
  const forged = `update ledger_account set out_day_minor = 0 where account_id = ${late}`;
  expect(await verifyAfter(forged)).toMatchObject({ clean: true });

  books.clock.advance(36 * hourMs);
  const id = books.ids.uuid();
  const legs = [leg(late, payer, 70n, { counted: true })];
  okOf(await books.one({ kind: 'reserve', transferId: id, legs, expiresAt: plusMs(books.clock.now(), hourMs) }));
  okOf(await books.fulfil(id, [30n]));
  okOf(await one(1n));
  expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
  expect(await verifyAfter(forged)).toMatchObject({
    deviation: { check: 'limit_counters', subject: late, expected: 'day 20470: out 31 in 2, in 0 in 0' },
  });
});

test('it can run beside traffic: every statement sees the same moment', async () => {
  const traffic = async (): Promise<void> => {
    for (let turn = 0; turn < 12; turn += 1) {
      const held = await books.reserve(leg(payer, payee, 1n, { counted: true }));
      await books.move(leg(payee, payer, 1n));
      await (turn % 2 === 0 ? books.fulfil(held) : books.release(held));
      books.clock.advance(1_000);
    }
  };
  const looking = async (): Promise<void> => {
    for (let round = 0; round < 5; round += 1) {
      expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
    }
  };
  await Promise.all([traffic(), looking()]);
});
