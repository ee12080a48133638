import { randomUUID } from 'node:crypto';
import { assert, plusMs } from '../../../src/platform';
import type { Party } from '../../../src/switch';
import { typeAs } from '../../support/staff';
import type { Two } from '../../support/two';
import { createCall } from '../../support/world';
import { hamimsPhone, moneyOf, openPairs, owed, toThePin, venyasPhone } from './people';

/** What was sent to another provider by mistake: it comes back by a second transfer, once, and costs nobody anything. */
let both: Two;
let venya: string;
let hamim: string;
openPairs((pair) => {
  ({ both, hamim, venya } = pair);
});

const begin = 500_000n;
const failed = (error: string, detail?: object) =>
  expect.objectContaining({ ok: false, error, ...(detail && { detail }) }) as unknown;

/** Hamim sends 1,000 to Venya; resolves to the reference at her provider. */
async function send(): Promise<string> {
  const { call } = await toThePin(both);
  await call.answer('4071');
  await call.end('Success');
  await both.settle();
  const sent = await both.two.owner.one<{ reference: string }>({ text: 'select reference from scheme_transfer' });
  return sent.reference;
}

const propose = (reference: string, ...words: string[]) =>
  typeAs(both.two, 'goma', ['refund-elsewhere', reference, ...words, '--reason', 'sent by mistake, one asked for it']);
const approve = () => typeAs(both.two, 'halima', ['approve', 'last', '--reason', 'Venya agrees on the phone']);

test('R213 to R217: two of the staff send it back: a transfer the other way, linked, free, the fee with it; both are told', async () => {
  const reference = await send();
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin - 101_000n, held: 0n });
  expect((await propose(reference)).ok).toBe(true);
  expect(await typeAs(both.two, 'goma', ['approve', 'last'])).toEqual(failed('same_person'));
  const done = await approve();
  assert(done.ok, 'it is on its way');
  expect(done.value.says).toMatch(/^[0-9A-Z]{8}: KES 1,000.00 is on its way back to one$/);
  await both.settle();
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  expect(await moneyOf(both.two, venya)).toEqual({ available: 0n, held: 0n });
  expect(await owed(both)).toEqual([0n, 0n]);
  expect(both.one.sms.sent.at(-1)).toEqual({
    to: hamimsPhone,
    body: expect.stringMatching(/You got KES 1,000.00 back from Venya O., and the fee of KES 10.00/) as string,
  });
  expect(both.two.sms.sent.at(-1)).toEqual({
    to: venyasPhone,
    body: expect.stringMatching(/KES 1,000.00 went back to Hamim J/) as string,
  });
  for (const { owner } of [both.one, both.two]) {
    const linked = await owner.rows({
      text: `select b.product, b.state, o.reference = p.reference as linked from refund r
             join payment b on b.payment_id = r.payment_id join payment o on o.payment_id = r.original_id
             join payment p on p.payment_id = b.subject_id`,
    });
    expect(linked).toEqual([{ product: 'refund', state: 'completed', linked: true }]);
  }
  const limits = await both.one.services.payments.statementOf(
    (await both.one.services.accounts.primaryOf(both.one.services.db, hamim))?.accountId ?? '',
  );
  expect(limits[0]?.payment).toMatchObject({
    product: 'refund',
    feeMinor: 0n,
    payeeFeeMinor: 0n,
    feeBackMinor: 1_000n,
  });
}, 20_000);

test('R219: what came back does not come back again, nor more than was sent', async () => {
  const reference = await send();
  await (await toThePin(both, '500')).call.answer('4071'); // there is money enough
  await both.settle();
  expect(await propose(reference, '--amount', '1000.01')).toEqual(failed('amount_exceeds'));
  expect((await propose(reference, '--amount', '600')).ok).toBe(true);
  expect((await approve()).ok).toBe(true);
  await both.settle();
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin - 92_000n, held: 0n }); // the fee comes with the whole
  expect((await propose(reference, '--amount', '400.01')).ok).toBe(true);
  expect(await approve()).toEqual(failed('already_refunded'));
  expect((await propose(reference, '--amount', '400')).ok).toBe(true);
  expect((await approve()).ok).toBe(true);
  await both.settle();
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin - 52_000n, held: 0n });
  expect((await moneyOf(both.two, venya)).available).toBe(50_000n);
  await propose(reference, '--amount', '0.01');
  expect(await approve()).toEqual(failed('already_refunded'));
  const refund = await both.two.owner.one<{ reference: string }>({
    text: `select reference from payment where product = 'refund' limit 1`,
  });
  expect(await propose(refund.reference)).toEqual(failed('not_reversible'));
}, 20_000);

test('R213: what the payee has spent does not come back, and nothing is held', async () => {
  const reference = await send();
  const call = createCall(both.two, venyasPhone);
  await call.dial();
  await call.answer('1');
  await call.answer('0700000001');
  await call.answer('500');
  await call.answer('2580');
  await call.end('Success');
  await both.settle();
  expect((await propose(reference)).ok).toBe(true);
  expect(await approve()).toEqual(failed('money_refused', { problem: 'funds_insufficient' }));
  expect((await moneyOf(both.two, venya)).held).toBe(0n);
});

test('R213: only what came in goes back, and only to whoever sent it', async () => {
  await send();
  const { reference } = await both.one.owner.one<{ reference: string }>({
    text: 'select reference from scheme_transfer',
  });
  expect(await typeAs(both.one, 'goma', ['refund-elsewhere', reference, '--reason', 'their mistake'])).toEqual(
    failed('not_reversible'), // it went out
  );
  const { transactionId, payer, payee } = await both.one.owner.one<{
    transactionId: string;
    payer: Party;
    payee: Party;
  }>({
    text: `select o.transaction_id as "transactionId", o.payee as payer, i.payer as payee from outgoing_quote o cross join (
             select jsonb_build_object('partyId', jsonb_build_object('idType', 'MSISDN', 'id', '254700000001'),
                                       'dfspId', 'one', 'name', 'Hamim Juma') as payer) i`,
  });
  const asks = (dfspId: string, originalTransactionId: string, amountMinor: bigint): Promise<void> =>
    both.one.services.clearing.handler.onQuote({
      ...{ quoteId: randomUUID(), transactionId: randomUUID(), dfspId, payer, payee, amountType: 'SEND' },
      amount: { amountMinor, currency: 'KES' },
      transactionType: {
        ...{ scenario: 'REFUND', initiator: 'PAYER', initiatorType: 'CONSUMER' },
        refundInfo: { originalTransactionId },
      },
      expiresAt: plusMs(both.clock.now(), 60_000),
    });
  await asks('two', randomUUID(), 100_000n); // a payment that nobody made
  await asks('three', transactionId, 100_000n); // it went to two
  await asks('two', transactionId, 100_001n); // more than was sent
  await asks('two', transactionId, 100_000n);
  const answers = await both.one.owner.rows<{ code: string | null; back: bigint }>({
    text: `select error ->> 'code' as code, fee_back_minor as back from incoming_quote where refund_of is not null or error is not null
           order by error is null`,
  });
  const no = { code: '3207', back: 0n };
  expect(answers).toEqual([no, no, no, { code: null, back: 1_000n }]);
});

test.each(['prepareTransfer', 'onPrepare', 'answerPrepare', 'onTransferOutcome', 'onConfirmed'])(
  'R197, R215: a refund of which %s is lost or doubled is made once, or not at all',
  async (lost) => {
    const reference = await send();
    let passed = 0;
    for (const wire of [both.wires.one, both.wires.two]) {
      wire.copies = (name) => (name === lost && (passed += 1) === 1 ? 0 : 2);
    }
    await propose(reference);
    await approve();
    for (let step = 0; step < 12; step += 1) {
      await both.settle();
      both.clock.advance(30_000);
    }
    await both.settle();
    expect(passed).toBeGreaterThan(0);
    const [back, left] = [await moneyOf(both.one, hamim), await moneyOf(both.two, venya)];
    expect([
      [begin, 0n],
      [begin - 101_000n, 100_000n],
    ]).toContainEqual([back.available, left.available]);
    expect([back.held, left.held]).toEqual([0n, 0n]);
    const [owes, owing] = await owed(both);
    expect((owes ?? 0n) + (owing ?? 0n)).toBe(0n);
  },
  30_000,
);
