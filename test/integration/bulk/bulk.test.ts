import { assert, createIds, violatedConstraint } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import { createTwo, type Two } from '../../support/two';
import { hamimsPhone, idOf, moneyOf, openVenya, owed } from '../clearing/people';
import {
  hamimsAccount,
  kanisPhone,
  load,
  paidTwice,
  pay,
  propose,
  refused,
  reportOf,
  rowsOf,
  settleBulks,
  venyasPhone,
} from './people';

/** A business' list of payments: seen by its maker, executed by somebody else, each row paid once at most. */
let both: Two;
let account: string;
beforeAll(async () => {
  both = await createTwo();
  await openVenya(both.two);
  account = await hamimsAccount(both.one);
}, 120_000);
afterAll(async () => {
  expect(await paidTwice(both.one)).toEqual([]);
  await both.close();
}, 60_000);
beforeEach(() => {
  both.wires.two.copies = () => 1;
});

const hamim = async () => (await moneyOf(both.one, await idOf(both.one, hamimsPhone))).available;
const venya = async () => (await moneyOf(both.two, await idOf(both.two, venyasPhone))).available;
const change = (bulk: string, line: string, ...words: string[]) =>
  typeAs(both.one, 'goma', ['bulk-change', bulk, line, ...words, '--reason', 'the business asks']);

const wages = [
  'payee,amount,note,name',
  '0700000002,100.00,wages,Kani Achieng',
  '0711000009,250.00,wages,venya OTIENO',
  '0711000077,10.00,,',
  '12345,10.00,,',
  '+254700000009,70.00,,Somebody Else',
].join('\n');

/** A bulk whose rows have been looked at. */
async function loaded(file = wages): Promise<string> {
  const bulk = await load(both.one, account, file);
  await settleBulks(both);
  return bulk;
}

test('M2, R257, R258, R260, R265: seen before it is paid, here and elsewhere in one batch, and reported', async () => {
  const [hamims, venyas] = [await hamim(), await venya()];
  const bulk = await load(both.one, account, wages);
  expect(await propose(both.one, 'goma', bulk)).toEqual(refused('bulk_unchecked'));
  await settleBulks(both);
  expect(await rowsOf(both.one, bulk)).toMatchObject([
    { line: '2', state: 'payable', found: 'Kani Achieng', provider: 'here', problem: '' },
    { line: '3', state: 'payable', found: 'Venya Otieno', provider: 'two', problem: '' },
    { line: '4', state: 'invalid', problem: 'payee_unknown' },
    { line: '5', state: 'invalid', problem: 'payee_malformed' },
    { line: '6', state: 'mismatch', found: 'Amina Otieno', problem: 'name_differs' },
  ]);
  expect((await change(bulk, '6', '--name', 'Amina Otieno')).ok).toBe(true);
  await settleBulks(both);
  expect((await rowsOf(both.one, bulk))[4]).toMatchObject({ state: 'payable', problem: '' });
  expect(await pay(both.one, bulk)).toMatchObject({
    value: { says: `bulk ${bulk}: 3 rows are being paid, KES 420.00` },
  });
  await settleBulks(both);
  const report = await reportOf(both.one, bulk);
  expect(report.says).toBe(
    `bulk ${bulk} is done; 3 paid, KES 420.00; 0 on their way, KES 0.00; 0 still to be paid, KES 0.00; ` +
      '0 failed, KES 0.00; 2 not to be paid, KES 20.00',
  );
  expect(report.rows).toEqual([
    { state: 'invalid', why: 'payee_malformed', rows: '1', amount: 'KES 10.00', fees: 'KES 0.00' },
    { state: 'invalid', why: 'payee_unknown', rows: '1', amount: 'KES 10.00', fees: 'KES 0.00' },
    { state: 'paid', why: '', rows: '3', amount: 'KES 420.00', fees: 'KES 30.00' },
  ]);
  expect([hamims - (await hamim()), (await venya()) - venyas]).toEqual([45_000n, 25_000n]);
  const [ours = 0n, theirs] = await owed(both);
  expect(theirs).toBe(-ours);
  // Who is paid is told, each; who pays gets no text a row.
  const texts = both.one.sms.sent.filter(({ body }) => body.includes('100.00'));
  expect(texts.map(({ to }) => to)).toEqual([kanisPhone]);
}, 60_000);

test('R261: who made it does not execute it, whoever proposes; the database says so as well', async () => {
  const bulk = await loaded();
  expect((await propose(both.one, 'goma', bulk)).ok).toBe(true);
  expect(await typeAs(both.one, 'goma', ['approve', 'last'])).toEqual(refused('same_person'));
  expect((await typeAs(both.one, 'imani', ['reject', 'last', '--reason', 'not yet'])).ok).toBe(true);
  expect((await propose(both.one, 'halima', bulk)).ok).toBe(true);
  expect(await typeAs(both.one, 'goma', ['approve', 'last', '--reason', 'my own'])).toEqual(refused('same_person'));
  const begin = {
    text: `update bulk set state = 'paying', begun_at = now(), pay_act_id = (select act_id from staff_act
           where command = 'bulk-pay' order by act_number desc limit 1) where bulk_number = $1`,
    values: [bulk],
  };
  expect(await constraintOf(both.one.owner.run(begin))).toBe('bulk_two_people');
}, 60_000);

test('R261: the checker changes nothing, and nobody moves a row without its money', async () => {
  const bulk = await loaded();
  const raise = ['bulk-change', bulk, '2', '--amount', '900', '--reason', 'more for her'];
  expect(await typeAs(both.one, 'halima', raise)).toEqual(refused('bulk_not_maker'));
  const { services, owner } = both.one;
  const second = `where line = 2 and bulk_id = (select bulk_id from bulk where bulk_number = ${bulk})`;
  const more = `update bulk_row set amount_minor = 90000, changed_by = 'halima', state = 'new' ${second}`;
  expect(await constraintOf(services.db.run({ text: more }))).toBe('bulk_maker');
  const unseen = `update bulk_row set amount_minor = 90000 ${second}`;
  expect(await constraintOf(owner.run({ text: unseen }))).toBe('bulk_row_forward');
  expect((await pay(both.one, bulk)).ok).toBe(true);
  const paid = services.db.run({ text: `update bulk_row set state = 'paid' ${second}` });
  await expect(paid).rejects.toThrow('a row is paid with its money');
  for (const gone of ['delete from bulk_row', 'truncate bulk, bulk_row']) {
    await expect(owner.run({ text: gone })).rejects.toThrow('what was to be paid is kept');
  }
}, 60_000);

test('R262: it stays as it is while it waits for the second person, and is changed again once they said no', async () => {
  const bulk = await loaded();
  const venyas = await venya();
  expect((await propose(both.one, 'goma', bulk)).ok).toBe(true);
  expect(await change(bulk, '2', '--amount', '90')).toEqual(refused('bulk_shown'));
  expect(await propose(both.one, 'goma', bulk)).toEqual(refused('bulk_shown'));
  expect(await typeAs(both.one, 'goma', ['bulk-stop', bulk, '--reason', 'no, wait'])).toEqual(refused('bulk_shown'));
  const raised = `update bulk_row set amount_minor = 90000, state = 'new' where line = 2 and bulk_id =
    (select bulk_id from bulk where bulk_number = ${bulk})`;
  expect(await constraintOf(both.one.owner.run({ text: raised }))).toBe('bulk_shown');
  expect((await typeAs(both.one, 'imani', ['reject', 'last', '--reason', 'too little'])).ok).toBe(true);
  expect((await change(bulk, '2', '--amount', '90')).ok).toBe(true);
  expect((await change(bulk, '3', '--drop', 'yes')).ok).toBe(true);
  expect(await change(bulk, '7', '--drop', 'yes')).toEqual(refused('bulk_row_unknown'));
  await settleBulks(both);
  expect(await pay(both.one, bulk)).toMatchObject({
    value: { says: `bulk ${bulk}: 1 rows are being paid, KES 90.00` },
  });
  expect(await change(bulk, '2', '--amount', '80')).toEqual(refused('bulk_not_draft'));
  await settleBulks(both);
  expect(await venya()).toBe(venyas);
}, 60_000);

test.each([
  ['', 'line 1: the names of the columns are missing'],
  ['payee,amont\n1,2', 'line 1, column "amont": is not known here'],
  ['payee\n0700000002', 'line 1, column amount: is missing'],
  ['payee,amount\n', 'line 2: there is no row'],
  ['payee,amount\n0700000002', 'line 2: has more or fewer fields than there are columns'],
  [
    'payee,amount\n0700000002,1.005\n,5\n0700000002,-3',
    'line 2, field amount: must be an amount in KES such as 2500.00; line 3, field payee: must be a phone or user number; ' +
      'line 4, field amount: must be an amount in KES such as 2500.00',
  ],
])('R262: a broken file is refused and says where: %j', async (file, problem) => {
  const answer = await typeAs(both.one, 'goma', ['bulk-load', account, file, '--reason', 'by mail']);
  expect(answer).toEqual({ ok: false, error: 'bulk_malformed', detail: { problem } });
});

test('R264: without money enough some are paid, none twice, and the others once there is money', async () => {
  const affordable = Number((await hamim()) / 91_000n);
  const rows = Array.from({ length: affordable + 2 }, (_, at) => `${at % 2 === 0 ? '0700000002' : '0711000009'},900`);
  const bulk = await loaded(['payee,amount', ...rows].join('\n'));
  expect((await pay(both.one, bulk)).ok).toBe(true);
  await settleBulks(both);
  const first = await reportOf(both.one, bulk);
  expect(first.rows).toMatchObject([
    { state: 'paid', why: '', rows: `${affordable}` },
    { state: 'payable', why: 'funds_insufficient', rows: '2', amount: 'KES 1,800.00', fees: 'KES 0.00' },
  ]);
  await deposit(200_000n);
  both.clock.advance(3 * 3_600_000);
  await settleBulks(both);
  expect((await reportOf(both.one, bulk)).says).toMatch(`bulk ${bulk} is done; ${affordable + 2} paid,`);
}, 60_000);

test('R263: what the scheme gives up for the moment is tried again, and paid once', async () => {
  await deposit(100_000n);
  const venyas = await venya();
  const bulk = await loaded('payee,amount\n0711000009,100\n0711000009,200');
  // Nobody hears of the money: the scheme lets it expire.
  both.wires.two.copies = (name) => (name === 'onPrepare' ? 0 : 1);
  expect((await pay(both.one, bulk)).ok).toBe(true);
  for (let step = 0; step < 5; step += 1) {
    await settleBulks(both);
    both.clock.advance(10_000);
  }
  expect((await reportOf(both.one, bulk)).rows).toMatchObject([{ state: 'payable', why: 'quote_expired', rows: '2' }]);
  both.wires.two.copies = () => 1;
  both.clock.advance(3_600_000);
  await settleBulks(both);
  expect((await reportOf(both.one, bulk)).says).toMatch(`bulk ${bulk} is done; 2 paid, KES 300.00;`);
  expect((await venya()) - venyas).toBe(30_000n);
}, 60_000);

test('a bulk that is stopped pays nothing more, and a draft is given up', async () => {
  await deposit(100_000n);
  const bulk = await loaded('payee,amount\n0700000002,10\n0711000009,100000');
  const draft = await load(both.one, account, wages);
  expect((await pay(both.one, bulk)).ok).toBe(true);
  await settleBulks(both);
  const stop = (number: string) => typeAs(both.one, 'imani', ['bulk-stop', number, '--reason', 'the business asks']);
  expect(await stop(bulk)).toMatchObject({ ok: true, value: { says: `bulk ${bulk}: 1 rows are given up` } });
  await settleBulks(both);
  const { says } = await reportOf(both.one, bulk);
  expect(says).toMatch(new RegExp(`^bulk ${bulk} is done; 1 paid, KES 10.00; .* 1 failed, KES 100,000.00;`));
  expect(await stop(bulk)).toEqual(refused('bulk_not_draft'));
  expect(await stop(draft)).toMatchObject({ ok: true, value: { says: `bulk ${draft}: 5 rows are given up` } });
  expect(await stop('999')).toEqual(refused('bulk_unknown'));
}, 60_000);

async function constraintOf(work: Promise<unknown>): Promise<string | undefined> {
  const outcome = await work.catch((error: unknown) => error);
  return violatedConstraint(outcome);
}

/** Money from the bank to Hamim. */
async function deposit(amountMinor: bigint): Promise<void> {
  const moved = await both.one.services.payments.moveByStaff({
    ...{ paymentId: createIds(both.clock).uuid(), product: 'topup', from: 'bank', to: { accountId: account } },
    ...{ amountMinor, by: { kind: 'staff', id: 'goma' }, traceId: 'a deposit' },
  });
  assert(moved.ok, 'a deposit is booked');
}
