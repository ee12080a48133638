import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { plusMs } from '../../../src/platform';
import type { PartyId, QuoteAnswerOut } from '../../../src/switch';
import { createTwo, type Two } from '../../support/two';
import { createCall } from '../../support/world';
import {
  hamimsPhone,
  idOf,
  jumasPhone,
  moneyOf,
  openCustomer,
  openVenya,
  owed,
  personOn,
  toThePin,
  venyasPhone,
  zawadisPhone,
} from './people';

/** Two whole providers and a scheme between them: what is lost, doubled or late on the way costs nobody a cent. */
let both: Two;
let venya: string;
beforeEach(async () => {
  both = await createTwo();
  venya = await openVenya(both.two);
});
afterEach(() => both.close());

const begin = 500_000n;

test('R132, R174: a customer pays somebody at another provider by name, both are told, and both books agree', async () => {
  const { call, asked, confirm } = await toThePin(both);
  expect(asked).toContain('Send to Venya Otieno at two.');
  expect(confirm).toContain('Send KES 1,000.00 to Venya Otieno');
  const done = await call.answer('4071');
  expect(done).toMatch(/^END KES 1,000.00 sent to Venya Otieno/);
  await both.settle();
  expect(await moneyOf(both.two, venya)).toEqual({ available: 100_000n, held: 0n });
  expect(await owed(both)).toEqual([100_000n, -100_000n]);
  expect(both.one.sms.sent.map(({ to, body }) => [to, body])).toContainEqual([
    hamimsPhone,
    expect.stringMatching(/Sent KES 1,000.00 to Venya O. 0711\*\*\*009/),
  ]);
  expect(both.two.sms.sent.map(({ to, body }) => [to, body])).toContainEqual([
    venyasPhone,
    expect.stringMatching(/You received KES 1,000.00 from Hamim J/),
  ]);
});

test('R144: the same person has another number at the other provider: they pay themselves as they would anybody', async () => {
  const elsewhere = await openCustomer(both.two, { msisdn: zawadisPhone, firstName: 'Hamim' });
  const before = await moneyOf(both.one, await idOf(both.one, hamimsPhone));
  const call = createCall(both.one, hamimsPhone);
  await call.dial('1');
  expect(await call.answer('0711000010')).toContain('Send to Hamim Otieno at two.');
  expect(await call.answer('300')).toContain('Send KES 300.00 to Hamim Otieno');
  expect(await call.answer('4071')).toMatch(/^END KES 300.00 sent to Hamim Otieno/);
  await both.settle();
  expect(await moneyOf(both.two, elsewhere)).toEqual({ available: 30_000n, held: 0n });
  expect((await moneyOf(both.one, await idOf(both.one, hamimsPhone))).available).toBe(before.available - 31_000n);
  expect(await owed(both)).toEqual([30_000n, -30_000n]);
});

test('whoever nobody has is unknown, and a provider that is away is said to be away', async () => {
  const call = createCall(both.one, hamimsPhone);
  await call.dial();
  await call.answer('1');
  expect(await call.answer('0711000077')).toContain('This number has no account here.');
  both.clock.advance(1_000);
  both.wires.one.copies = (name) => (name === 'lookUpParty' ? 0 : 1);
  const away = createCall(both.one, hamimsPhone);
  await away.dial();
  await away.answer('1');
  expect(await away.answer('0711000077')).toContain("Other providers can't be reached now");
}, 15_000);

test.each([
  ['SEND', 20_000n, 19_890n, 110n],
  ['RECEIVE', 20_000n, 20_000n, 0n],
] as const)(
  'R138: asked for %s, a shop’s provider says what arrives; what the shop owes it for a RECEIVE is between them',
  async (amountType, transfer, receives, fee) => {
    let answered: QuoteAnswerOut | undefined;
    both.wires.one.around = (name, carry, [value]) => {
      if (name === 'answerQuote') answered = value as QuoteAnswerOut;
      return carry();
    };
    const juma = await personOn(both.one, jumasPhone);
    const at = (dfspId: string, partyId: PartyId) => ({ partyId, dfspId, name: dfspId });
    await both.one.services.clearing.handler.onQuote({
      ...{ quoteId: randomUUID(), transactionId: randomUUID(), dfspId: 'two', amountType },
      payer: at('two', { idType: 'MSISDN', id: venyasPhone.slice(1) }),
      payee: at('one', { idType: 'ALIAS', id: juma.userNumber }),
      amount: { amountMinor: 20_000n, currency: 'KES' },
      transactionType: { scenario: 'PAYMENT', initiator: 'PAYER', initiatorType: 'CONSUMER' },
      expiresAt: plusMs(both.clock.now(), 60_000),
    });
    expect(answered?.result).toMatchObject({
      offer: {
        transferAmount: { amountMinor: transfer },
        payeeReceives: { amountMinor: receives },
        payeeFee: { amountMinor: fee },
      },
    });
  },
);

/** Everything that may be lost on the way, one at a time, once and for a while. */
const lossy = ['prepareTransfer', 'onPrepare', 'answerPrepare', 'onTransferOutcome', 'onConfirmed', 'queryTransfer'];

const losses: readonly ((count: number) => number)[] = [
  (count) => (count === 1 ? 0 : 1),
  (count) => (count <= 5 ? 0 : 1),
  () => 2,
];

test.each(lossy)(
  'R174 to R205: %s is lost once, lost five times, comes twice: nothing is lost or doubled',
  async (name) => {
    let [sentBefore, gotBefore] = [0n, 0n];
    for (const copies of losses) {
      let [count, outcomes] = [0, 0];
      const wire = {
        copies: (passing: string) => {
          if (passing === name) return copies((count += 1));
          // Nobody asks what they were told: the first word is lost as well.
          return name === 'queryTransfer' && passing === 'onTransferOutcome' && (outcomes += 1) === 1 ? 0 : 1;
        },
      };
      Object.assign(both.wires.one, wire);
      Object.assign(both.wires.two, wire);
      const { call } = await toThePin(both);
      await call.answer('4071');
      await call.end('Success');
      // Time goes on for both and the scheme, beyond every expiry and grace.
      for (let step = 0; step < 12; step += 1) {
        await both.settle();
        both.clock.advance(30_000);
      }
      await both.settle();
      const sent = begin - (await moneyOf(both.one, await idOf(both.one, hamimsPhone))).available;
      const got = (await moneyOf(both.two, venya)).available;
      expect(count).toBeGreaterThan(0); // it did pass there
      // All of it, with its fee, or nothing of it.
      expect([
        [0n, 0n],
        [101_000n, 100_000n],
      ]).toContainEqual([sent - sentBefore, got - gotBefore]);
      expect(await owed(both)).toEqual([got, -got]);
      expect((await moneyOf(both.one, await idOf(both.one, hamimsPhone))).held).toBe(0n);
      [sentBefore, gotBefore] = [sent, got];
    }
  },
  60_000,
);

test('Q3, R180: what the scheme commits after our own time is up goes through', async () => {
  both.wires.one.copies = (name) => (name === 'onTransferOutcome' ? 0 : 1);
  const { call } = await toThePin(both);
  expect(await call.answer('4071')).toMatch(/^END KES 1,000.00 to Venya Otieno is on its way/);
  both.clock.advance(600_000);
  expect((await moneyOf(both.one, await idOf(both.one, hamimsPhone))).held).toBeGreaterThanOrEqual(100_000n);
  both.wires.one.copies = () => 1;
  await both.settle();
  expect(await moneyOf(both.two, venya)).toEqual({ available: 100_000n, held: 0n });
  expect((await moneyOf(both.one, await idOf(both.one, hamimsPhone))).held).toBe(0n);
  const again = createCall(both.one, hamimsPhone);
  expect(await again.dial()).toContain('Your last payment');
}, 15_000);

test("an offer of anybody but the payee's provider is none, though it names our question", async () => {
  both.wires.one.copies = (name) => (name === 'onQuoteAnswer' ? 0 : 1);
  const asking = toThePin(both);
  const { services } = both.one;
  const money = (amountMinor: bigint) => ({ amountMinor, currency: 'KES' as const });
  const expiresAt = new Date(both.clock.now().getTime() + 60_000);
  const offer = { transferAmount: money(100_000n), payeeReceives: money(100_000n), payeeFee: money(0n), expiresAt };
  const quoteId = await eventually(async () => {
    const [row] = await services.db.rows<{ quote_id: string }>({ text: 'select quote_id from outgoing_quote' });
    return row?.quote_id;
  });
  await services.clearing.handler.onQuoteAnswer({ quoteId, dfspId: 'three', result: { offer, terms: 'theirs' } });
  expect((await asking).confirm).toContain("Other providers can't be reached now");
  await services.clearing.handler.onQuoteAnswer({ quoteId, dfspId: 'two', result: { offer, terms: 'theirs' } });
  const rows = await services.db.rows({ text: 'select terms from outgoing_quote where terms is not null' });
  expect(rows).toEqual([{ terms: 'theirs' }]);
}, 15_000);

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(10);
  }
  throw new Error('it did not come');
}
