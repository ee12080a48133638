import { openFspiopBetween, type HubBetween } from '../../support/between';
import { createTwo, type Two } from '../../support/two';
import { idOf, moneyOf, openVenya, owed } from '../clearing/people';
import { hamimsAccount, load, paidTwice, pay, reportOf, rowsOf, settleBulks, venyasPhone } from './people';

/** A bulk between two whole providers over Mojaloop: what goes to one provider goes in one envelope. */
let between: HubBetween;
let both: Two;
let account: string;
beforeAll(async () => {
  between = await openFspiopBetween();
  both = await createTwo(between);
  await openVenya(both.two);
  account = await hamimsAccount(both.one);
  await both.settle();
}, 120_000);
afterAll(async () => {
  expect(await paidTwice(both.one)).toEqual([]);
  await both.close();
  await between.close();
}, 60_000);
beforeEach(() => {
  between.hub().post.log.length = 0;
});

const venya = async () => (await moneyOf(both.two, await idOf(both.two, venyasPhone))).available;
const sentOf = (start: string) => between.hub().post.log.filter((line) => line.startsWith(start));

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    await settleBulks(both);
    if (await isSo()) return;
    both.clock.advance(5_000);
  }
  throw new Error('it did not come to that in time');
}
const isDone = (bulk: string) => async () => (await reportOf(both.one, bulk)).says.startsWith(`bulk ${bulk} is done`);

test('R258: rows of one provider are quoted and sent together, and each is paid for itself', async () => {
  const before = await venya();
  const bulk = await load(
    both.one,
    account,
    'payee,amount\n0700000002,10\n0711000009,100\n0711000009,200\n0711000009,300',
  );
  await until(async () => (await rowsOf(both.one, bulk)).every(({ state }) => state === 'payable'));
  expect((await pay(both.one, bulk)).ok).toBe(true);
  await until(isDone(bulk));
  expect((await reportOf(both.one, bulk)).rows).toEqual([
    { state: 'paid', why: '', rows: '4', amount: 'KES 610.00', fees: 'KES 40.00' },
  ]);
  expect((await venya()) - before).toBe(60_000n);
  const [ours = 0n, theirs] = await owed(both);
  expect(theirs).toBe(-ours);
  expect(sentOf('POST /bulkQuotes → two')).toHaveLength(1);
  expect(sentOf('POST /bulkTransfers → two')).toHaveLength(1);
  expect([...sentOf('POST /quotes'), ...sentOf('POST /transfers')]).toEqual([]);
}, 120_000);

test('R191, R263: an answer that is lost is asked for, and nobody is paid twice', async () => {
  const before = await venya();
  const bulk = await load(both.one, account, 'payee,amount\n0711000009,100\n0711000009,200');
  await until(async () => (await rowsOf(both.one, bulk)).every(({ state }) => state === 'payable'));
  between.hub().post.faults = [
    { method: 'PUT', resource: 'bulkQuotes', to: 'one', action: 'drop', times: 1 },
    { method: 'PUT', resource: 'bulkTransfers', to: 'one', action: 'drop', times: 2 },
  ];
  expect((await pay(both.one, bulk)).ok).toBe(true);
  await until(isDone(bulk));
  expect((await reportOf(both.one, bulk)).says).toContain('2 paid, KES 300.00');
  expect((await venya()) - before).toBe(30_000n);
  expect(between.hub().post.faults.map(({ times }) => times)).toEqual([0, 0]);
}, 120_000);
