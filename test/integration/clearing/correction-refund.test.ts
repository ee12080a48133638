import { typeAs } from '../../support/staff';
import type { Two } from '../../support/two';
import { approve, correct, propose } from './contradicted';
import { moneyOf, openPairs, owed, toThePin } from './people';

/** R219, M32: money that goes back between providers, where one of them decided otherwise than the scheme. */
jest.setTimeout(60_000);

let both: Two;
let hamim: string;
let venya: string;
openPairs((pair) => {
  ({ both, hamim, venya } = pair);
});

const begin = 500_000n;

/** Hamim sent 1,000 to Venya; resolves to its reference at her provider. */
async function send(): Promise<string> {
  await (await toThePin(both)).call.answer('4071');
  await both.settle();
  const text = 'select reference from scheme_transfer';
  return (await both.two.owner.one<{ reference: string }>({ text })).reference;
}

/** It goes back; one side hears nothing of what became of that, and two of its staff decide. */
async function sendBack(original: string, side: 'one' | 'two', done: string): Promise<string> {
  const deaf = side === 'two' ? 'onTransferOutcome' : 'onConfirmed';
  both.wires[side].copies = (event) => (event === deaf ? 0 : 1);
  await propose(both.two, 'refund-elsewhere', { payment: original });
  expect((await approve(both.two)).status).toBe(200);
  await both.settle();
  both.clock.advance(95_000);
  const text = `select reference from payment where product = 'refund' and state = 'pending'`;
  const { reference } = await both[side].owner.one<{ reference: string }>({ text });
  await propose(both[side], done, { payment: reference });
  expect((await approve(both[side])).status).toBe(200);
  both.wires[side].copies = () => 1;
  return reference;
}

test('its sender gave it up and the scheme has committed it: it is taken from whoever got the first, and counts as come back', async () => {
  const original = await send();
  const reference = await sendBack(original, 'two', 'transfer-release');
  expect((await moneyOf(both.two, venya)).available).toBe(100_000n);
  const { id } = await both.two.owner.one<{ id: string }>({
    text: `select transfer_id as id from outgoing_transfer`,
  });
  await both.two.services.clearing.handler.onTransferOutcome({ transferId: id, state: 'committed' });
  expect((await correct(both.two, reference, 'customer')).status).toBe(200);
  expect((await moneyOf(both.two, venya)).available).toBe(0n);
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  expect(await owed(both)).toEqual([0n, 0n]);
  await propose(both.two, 'refund-elsewhere', { payment: original });
  expect((await approve(both.two)).text).toMatch(/already_refunded|refund_impossible|money_refused/);
  const counted = 'select amount_minor::int as amount from refunded';
  expect(await both.two.owner.one({ text: counted })).toEqual({ amount: 100_000 });
});

test('its receiver gave it up and the scheme has committed it: the payer gets it, the fee of the first with it', async () => {
  const reference = await sendBack(await send(), 'one', 'transfer-release');
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin - 101_000n, held: 0n });
  const { id } = await both.one.owner.one<{ id: string }>({ text: 'select transfer_id as id from incoming_transfer' });
  await both.one.services.clearing.handler.onConfirmed({ transferId: id, dfspId: 'two', state: 'committed' });
  expect((await correct(both.one, reference, 'customer')).status).toBe(200);
  await both.settle();
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  expect(await owed(both)).toEqual([0n, 0n]);
  expect(both.one.sms.sent.at(-1)?.body).toMatch(/You received KES 1,010.00 from Venya O. It came late/);
  expect(
    await both.one.owner.one({ text: 'select amount_minor::int as a, fee_minor::int as f from refunded' }),
  ).toEqual({
    ...{ a: 100_000, f: 1_000 },
  });
});

test('it was paid and the scheme has aborted it: it is taken back, and the first may come back again', async () => {
  const original = await send();
  await propose(both.two, 'refund-elsewhere', { payment: original });
  await approve(both.two);
  await both.settle();
  const { reference, id } = await both.one.owner.one<{ reference: string; id: string }>({
    text: `select reference, transfer_id as id from scheme_transfer where way = 'in'`,
  });
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  await both.one.services.clearing.handler.onConfirmed({ transferId: id, dfspId: 'two', state: 'aborted' });
  await both.two.services.clearing.handler.onTransferOutcome({ transferId: id, state: 'aborted' });
  expect((await correct(both.one, reference, 'customer')).status).toBe(200);
  expect((await correct(both.two, id, 'customer')).status).toBe(200);
  await both.settle();
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin - 101_000n, held: 0n });
  expect((await moneyOf(both.two, venya)).available).toBe(100_000n);
  expect(await owed(both)).toEqual([100_000n, -100_000n]);
  await propose(both.two, 'refund-elsewhere', { payment: original });
  expect((await approve(both.two)).status).toBe(200);
  await both.settle();
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
});

test('R213: what was paid by a correction can come back as any other', async () => {
  both.wires.two.copies = (event) => (event === 'onConfirmed' ? 0 : 1);
  const late = await send();
  both.clock.advance(95_000);
  await propose(both.two, 'transfer-release', { payment: late });
  await approve(both.two);
  both.wires.two.copies = () => 1;
  const { id } = await both.two.owner.one<{ id: string }>({ text: 'select transfer_id as id from incoming_transfer' });
  await both.two.services.clearing.handler.onConfirmed({ transferId: id, dfspId: 'one', state: 'committed' });
  await correct(both.two, late, 'customer');
  const { reference } = await both.two.owner.one<{ reference: string }>({
    text: `select reference from payment where product = 'correction'`,
  });
  const again = await typeAs(both.two, 'goma', ['refund-elsewhere', late, '--reason', 'sent by mistake']);
  expect(again).toMatchObject({ ok: false, error: 'not_reversible' });
  await propose(both.two, 'refund-elsewhere', { payment: reference });
  expect((await approve(both.two)).status).toBe(200);
  await both.settle();
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  expect((await moneyOf(both.two, venya)).available).toBe(0n);
  expect(await owed(both)).toEqual([0n, 0n]);
});
