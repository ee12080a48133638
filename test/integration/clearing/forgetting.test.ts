import { openFspiopBetween, openL1pBetween, type RealBetween } from '../../support/between';
import { createTwo, type Two } from '../../support/two';
import { createCall, type World } from '../../support/world';
import {
  aminasPhone,
  hamimsPhone,
  idOf,
  jumasPhone,
  moneyOf,
  openVenya,
  owed,
  personOn,
  toThePin,
  venyasPhone,
} from './people';

/** Messages between providers: what is over goes, what is waited for stays however old it is, and what comes again moves nothing. */
jest.setTimeout(60_000);

const dayMs = 86_400_000;
/** As `SCHEME_KEPT_MS` has it by itself. */
const keptMs = 90 * dayMs;

let between: RealBetween;
let both: Two;
let venya: string;
const open = async (way: () => Promise<RealBetween>) => {
  between = await way();
  both = await createTwo({ ...between, hopDeadlineMs: 6_000 });
  venya = await openVenya(both.two);
  await both.settle();
};
afterEach(async () => {
  await both.close();
  await between.close();
});

async function send(amount: string): Promise<string> {
  await (await toThePin(both, amount)).call.answer('4071');
  await both.settle();
  const text = 'select transfer_id as id from outgoing_transfer order by created_at desc limit 1';
  return (await both.one.owner.one<{ id: string }>({ text })).id;
}

/** What is kept of the wire of each kind: `quotes`, `transfers`, … */
async function kept({ owner }: World, table: 'fspiop_in' | 'fspiop_out'): Promise<string[]> {
  const rows = await owner.rows<{ what: string }>({
    text: `select resource || ' ' || case when resource = 'quotes' then '' else id end as what from ${table} order by 1`,
  });
  return rows.map(({ what }) => what.trim());
}

const forget = async ({ services: { clearing, counter, invoices } }: World): Promise<number> =>
  (await clearing.forgetOld()) + (await counter.forgetOld()) + (await invoices.forgetUnpaid());

test('over Mojaloop: decided transfers are forgotten when their time is over, open ones never, and nothing is paid again', async () => {
  await open(openFspiopBetween);
  const paid = await send('1000');
  both.clock.advance(60_000);
  both.wires.two.copies = (name) => (name === 'onConfirmed' ? 0 : 1); // two hears nothing of the second
  const late = await send('500');
  both.wires.two.copies = () => 1;
  const all = { one: await kept(both.one, 'fspiop_out'), two: await kept(both.two, 'fspiop_in') };
  expect(all.one).toEqual(['quotes', 'quotes', ...[`transfers ${paid}`, `transfers ${late}`].sort()]);
  both.clock.advance(keptMs - 120_000);
  for (const world of [both.one, both.two]) await forget(world);
  expect({ one: await kept(both.one, 'fspiop_out'), two: await kept(both.two, 'fspiop_in') }).toEqual(all);
  both.clock.advance(240_000);
  expect([await forget(both.one), await forget(both.two)]).toEqual([4, 3]);
  expect([await kept(both.one, 'fspiop_out'), await kept(both.two, 'fspiop_in')]).toEqual([[], [`transfers ${late}`]]);
  expect([await forget(both.one), await forget(both.two)]).toEqual([0, 0]);
  // What is still open is asked for, answered and decided as on the first day.
  expect((await moneyOf(both.two, venya)).available).toBe(100_000n);
  await both.two.services.clearing.work();
  await both.settle();
  await both.two.services.clearing.handler.onConfirmed({ transferId: late, dfspId: 'one', state: 'committed' });
  expect((await moneyOf(both.two, venya)).available).toBe(150_000n);
  expect(await forget(both.two)).toBe(1);
  expect(await kept(both.two, 'fspiop_in')).toEqual([]);
  // The first comes again, after it was forgotten: it is what it was, and pays nobody.
  const again = await both.two.owner.one<{ quoteId: string; expiresAt: Date }>({
    text: `select quote_id as "quoteId", expires_at as "expiresAt" from incoming_transfer where transfer_id = $1`,
    values: [paid],
  });
  const amount = { amountMinor: 100_000n, currency: 'KES' } as const;
  await both.two.services.clearing.handler.onPrepare({ ...again, transferId: paid, dfspId: 'one', amount });
  await both.settle();
  expect((await moneyOf(both.two, venya)).available).toBe(150_000n);
  expect(await owed(both)).toEqual([150_000n, -150_000n]);
});

test('over Mojaloop: what was asked for is kept as long as its invoice, cash request or case is open', async () => {
  await open(openFspiopBetween);
  const buyer = await personOn(both.two, venyasPhone);
  const call = createCall(both.one, jumasPhone);
  await call.dial(`12*${buyer.userNumber}`);
  for (const answer of ['150', 'Table 5', '1']) await call.answer(answer);
  await both.settle();
  const requests = async () => [await kept(both.one, 'fspiop_out'), await kept(both.two, 'fspiop_in')];
  const before = await requests();
  expect(before).toEqual([
    [expect.stringMatching(/^transactionRequests /)],
    [expect.stringMatching(/^transactionRequests /)],
  ]);
  both.clock.advance(keptMs + dayMs);
  for (const world of [both.one, both.two]) await forget(world); // nobody has swept the invoices yet
  expect(await requests()).toEqual(before);
  await both.settle();
  const states = await both.one.owner.rows({ text: 'select distinct state from invoice where outside is not null' });
  expect(states).toEqual([{ state: 'expired' }]);
  expect([await forget(both.one), await forget(both.two)]).toEqual([1, 1]);
  expect(await requests()).toEqual([[], []]);
});

test('over the scheme of 2017: decided transfers are forgotten, open ones never', async () => {
  await open(openL1pBetween);
  await send('1000');
  both.clock.advance(60_000);
  both.wires.one.copies = (name) => (name === 'onTransferOutcome' ? 0 : 1);
  const late = await send('500');
  const out = () => both.one.owner.rows({ text: 'select transfer_id as id from l1p_out' });
  both.clock.advance(keptMs - 120_000);
  await forget(both.one);
  expect(await out()).toHaveLength(2);
  both.clock.advance(240_000);
  expect([await forget(both.one), await forget(both.one)]).toEqual([1, 0]);
  expect(await out()).toEqual([{ id: late }]);
  await both.one.services.clearing.handler.onTransferOutcome({ transferId: late, state: 'committed' });
  expect(await forget(both.one)).toBe(1);
  expect(await out()).toEqual([]);
  expect(await owed(both)).toEqual([150_000n, -150_000n]);
});

test('of a transfer of which the scheme says otherwise everything is kept, and of cash that waits at a counter', async () => {
  await open(openFspiopBetween);
  const id = await send('1000');
  await both.one.services.clearing.handler.onTransferOutcome({ transferId: id, state: 'aborted' });
  await both.two.services.clearing.handler.onConfirmed({ transferId: id, dfspId: 'one', state: 'aborted' });
  const amina = await personOn(both.one, aminasPhone);
  const account = await both.one.services.accounts.primaryOf(both.one.services.db, amina.customerId);
  const insert = (state: string) =>
    both.one.owner.run({
      text: `insert into counter_request (counter_request_id, dfsp_id, request_id, product, owner_id, account_id, asked_by, party, currency,
               amount_minor, commission_minor, state, acted_at, created_at, updated_at, expires_at)
             values (gen_random_uuid(), 'two', gen_random_uuid(), 'cash_out', $1, $2, $1, '{}', 'KES', 100, 0, $3, $4, $4, $4, $4)`,
      values: [amina.customerId, account?.accountId, state, both.clock.now()],
    });
  await insert('asked');
  for (const state of ['refused', 'cancelled', 'expired']) await insert(state);
  await both.one.owner.run({
    text: `insert into fspiop_out (resource, id, destination, body, key_id, created_at)
           select 'transactionRequests', request_id::text, dfsp_id, '', 'd1', created_at from counter_request`,
  });
  both.clock.advance(keptMs + dayMs);
  await forget(both.one);
  await forget(both.two);
  expect(await kept(both.one, 'fspiop_out')).toEqual([
    expect.stringMatching(/^transactionRequests /),
    `transfers ${id}`,
  ]);
  expect(await kept(both.two, 'fspiop_in')).toEqual([`transfers ${id}`]);
  expect(await both.one.owner.rows({ text: 'select state from counter_request' })).toEqual([{ state: 'asked' }]);
  await both.one.owner.run({ text: `update counter_request set state = 'expired'` });
  expect(await forget(both.one)).toBe(2); // the request, and what was sent for it
  expect(await idOf(both.one, hamimsPhone)).toBeDefined();
});
