import { randomUUID } from 'node:crypto';
import type {
  IncomingLookup,
  IncomingPaymentRequest,
  IncomingQuote,
  IncomingTransfer,
  Money,
  Party,
} from '../../../src/switch';
import { createTwo, type Two } from '../../support/two';
import { hamimsPhone, moneyOf, openVenya, owed, venyasPhone } from './people';

/** What we say to another provider that asks what we can't do: the most specific code there is, and nothing moves. */
let both: Two;
let venya: string;
let said: string;
beforeAll(async () => {
  both = await createTwo();
  venya = await openVenya(both.two);
  both.wires.two.around = (name, carry, [value]) => {
    const { result, ...answer } = value as { result?: object; state?: string; error?: object };
    if (name.startsWith('answer')) said = codeOf({ ...answer, ...result, ...answer.error });
    return carry();
  };
});
beforeEach(() => {
  said = 'nothing';
});
afterEach(async () => {
  await both.settle();
  expect(await moneyOf(both.two, venya)).toEqual({ available: 0n, held: 0n });
  expect(await owed(both)).toEqual([0n, 0n]);
});
afterAll(() => both.close());

const codeOf = (answer: { code?: string; state?: string }): string => answer.code ?? answer.state ?? 'an answer';

const kes = (amountMinor: bigint): Money => ({ amountMinor, currency: 'KES' });
const party = (id: string, dfspId: string, idType: Party['partyId']['idType'] = 'MSISDN'): Party => ({
  ...{ partyId: { idType, id }, dfspId, name: 'Hamim Juma', firstName: 'Hamim', lastName: 'Juma' },
});
const hamim = party(hamimsPhone.slice(1), 'one');
const inMs = (ms: number): Date => new Date(both.clock.now().getTime() + ms);
const handler = () => both.two.services.clearing.handler;

function quoteOf(change: Partial<IncomingQuote> = {}): IncomingQuote {
  return {
    ...{ dfspId: 'one', quoteId: randomUUID(), transactionId: randomUUID(), payer: hamim },
    ...{ payee: party(venyasPhone.slice(1), 'two'), amountType: 'SEND', amount: kes(10_000n), expiresAt: inMs(30_000) },
    transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
    ...change,
  };
}

const buys = { scenario: 'PAYMENT', initiator: 'PAYER', initiatorType: 'CONSUMER' } as const;
const nobody = party('254711999999', 'two');

test.each<[code: string, what: string, asked: IncomingLookup['partyId']]>([
  ['3204', 'M51: a number that nobody has', nobody.partyId],
  ['3204', 'M51: an identifier of a kind that nobody has here', { idType: 'PERSONAL_ID', id: '77' }],
])('who is asked for: %s for %s', async (code, _, partyId) => {
  await handler().onLookup({ partyId, dfspId: 'one' });
  expect(said).toBe(code);
});

test.each<[code: string, what: string, change: () => Partial<IncomingQuote>]>([
  ['an answer', 'what is nothing wrong with', () => ({})],
  ['3204', 'M51: a payee whom nobody knows', () => ({ payee: nobody })],
  ['5106', 'another currency', () => ({ amount: { amountMinor: 10_000n, currency: 'UGX' } })],
  ['3100', 'M44: an amount of nothing', () => ({ amount: kes(0n) })],
  ['5200', 'more than anybody may be paid', () => ({ amount: kes(10n ** 14n) })],
  ['5200', 'more than any book holds', () => ({ amount: kes(10n ** 20n) })],
  ['5102', 'something bought of somebody who sells nothing', () => ({ transactionType: buys })],
  ['3206', 'M55: a request that nobody made', () => ({ requestId: randomUUID() })],
])('M64: what a payment would be: %s for %s', async (code, _, change) => {
  await handler().onQuote(quoteOf(change()));
  expect(said).toBe(code);
});

test('M47, M64: another question under an id that was used: 3106', async () => {
  const first = quoteOf();
  await handler().onQuote(first);
  await handler().onQuote({ ...first, amount: kes(20_000n) });
  expect(said).toBe('3106');
});

test.each<[code: string, what: string, change: () => Partial<IncomingTransfer>]>([
  ['3205', 'M52: an offer that nobody made', () => ({ quoteId: randomUUID() })],
  ['3100', 'M44: another amount than was offered', () => ({ amount: kes(9_999n) })],
  ['3303', 'M57: one whose time is over', () => ({ expiresAt: inMs(-1) })],
  [
    '3302',
    'M56: an offer whose time is over',
    () => {
      both.clock.advance(3_600_000);
      return { expiresAt: inMs(30_000) };
    },
  ],
])('M64: a transfer: %s for %s', async (code, _, change) => {
  const quote = quoteOf();
  await handler().onQuote(quote);
  expect(said).toBe('an answer');
  const { quoteId, amount } = quote;
  const transfer = { transferId: randomUUID(), dfspId: 'one', quoteId, amount, expiresAt: inMs(20_000) };
  await handler().onPrepare({ ...transfer, ...change() });
  expect(said).toBe(code);
});

test.each<[code: string, what: string, change: () => Partial<IncomingPaymentRequest>]>([
  ['received', 'what is nothing wrong with', () => ({})],
  ['3204', 'M51: a payer whom nobody knows', () => ({ payer: nobody })],
  ['4103', 'M60: another currency', () => ({ amount: { amountMinor: 10_000n, currency: 'UGX' } })],
  ['3100', 'M44: an amount of nothing', () => ({ amount: kes(0n) })],
  ['4200', 'M61: more than anybody may pay', () => ({ amount: kes(10n ** 14n) })],
  ['4200', 'M61: more than any book holds', () => ({ amount: kes(10n ** 20n) })],
  ['3301', 'M55: one whose time is over', () => ({ expiresAt: inMs(-1) })],
  [
    '4102',
    'M59: a code for what no code is for',
    () => ({
      authentication: 'OTP',
      transactionType: { scenario: 'DEPOSIT', initiator: 'PAYEE', initiatorType: 'AGENT' },
    }),
  ],
])('M64: a request to pay: %s for %s', async (code, _, change) => {
  await handler().onPaymentRequest({
    ...{ requestId: randomUUID(), dfspId: 'one', payer: party(venyasPhone.slice(1), 'two') },
    ...{ payee: party('254700000005', 'one'), amount: kes(10_000n), expiresAt: inMs(60_000) },
    transactionType: { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'BUSINESS' },
    ...change(),
  });
  expect(said).toBe(code);
});
