import type { QuoteRequest, PartyId, SchemeError, TransferRef } from '../../../src/switch';
import { createTwo, type Two } from '../../support/two';
import { createCall } from '../../support/world';
import { hamimsPhone, idOf, moneyOf, openVenya, owed, toThePin } from './people';

/** Whatever the scheme or the payee's provider says, wherever it says it: the payer reads what it means, and pays nothing. */
let both: Two;
let hamim: string;
let before: Awaited<ReturnType<typeof moneyOf>>;
beforeAll(async () => {
  both = await createTwo();
  await openVenya(both.two);
  hamim = await idOf(both.one, hamimsPhone);
  before = await moneyOf(both.one, hamim);
});
afterEach(async () => {
  both.wires.one.around = (_, carry) => carry();
  both.clock.advance(60_000);
  await both.settle();
  expect(await moneyOf(both.one, hamim)).toEqual(before);
  expect(await owed(both)).toEqual([0n, 0n]);
});
afterAll(() => both.close());

const away = "Other providers can't be reached now. Try again later.";
const unknown = 'This number has no account here.';
const refuses = 'The other provider does not take this payment. Nothing was sent.';
const forbids = "The rules between providers don't allow this payment.";
const expired = 'That took too long, so the price is no longer valid. Type the amount again.';
const gone = 'This request is no longer open.';

/** FSPIOP API Definition 1.1, section 7.6. */
const codes: readonly (readonly [code: string, name: string, told: string])[] = [
  ['1000', 'M33: communication error', away],
  ['1001', 'M34: destination communication error', away],
  ['2000', 'M35: generic server error', away],
  ['2001', 'M36: internal server error', away],
  ['2002', 'M37: not implemented', refuses],
  ['2003', 'M38: service currently unavailable', away],
  ['2004', 'M39: server timed out', away],
  ['2005', 'server busy', away],
  ['3000', 'M40: generic client error', refuses],
  ['3001', 'M41: unacceptable version requested', refuses],
  ['3002', 'M42: unknown URI', refuses],
  ['3003', 'M43: add party information error', refuses],
  ['3100', 'M44: generic validation error', refuses],
  ['3101', 'M45: malformed syntax', refuses],
  ['3102', 'M46: missing mandatory element', refuses],
  ['3106', 'M47: modified request', refuses],
  ['3200', 'M48: generic ID not found', refuses],
  ['3202', 'M49: payer FSP ID not found', refuses],
  ['3203', 'M50: payee FSP ID not found', refuses],
  ['3204', 'M51: party not found', unknown],
  ['3205', 'M52: quote ID not found', expired],
  ['3207', 'M53: transaction ID not found', refuses],
  ['3208', 'M54: transfer ID not found', away],
  ['3301', 'M55: transaction request expired', gone],
  ['3302', 'M56: quote expired', expired],
  ['3303', 'M57: transfer expired', expired],
  ['4000', 'M58: generic payer error', away],
  ['4001', 'M63: payer FSP insufficient liquidity', away],
  ['4102', 'M59: payer FSP unsupported transaction type', forbids],
  ['4103', 'M60: payer unsupported currency', forbids],
  ['4200', 'M61: payer limit error', 'That is more than may be sent to another provider.'],
  ['4300', 'M62: payer permission error', forbids],
  ['5000', 'generic payee error', refuses],
  ['5102', 'payee FSP unsupported transaction type', refuses],
  ['5103', 'payee FSP rejected quote', refuses],
  ['5106', 'payee unsupported currency', refuses],
  ['5107', 'payee identifier no longer valid', unknown],
  ['5200', 'payee limit error', "This account can't receive that amount."],
  ['5300', 'payee permission error', refuses],
  ['5999', 'what no version knows yet, of a category that is known', refuses],
];
const cases = codes.map(([code, name, told]) => ({ code, name, told }));

/** Instead of what would answer `asked`, this is said. */
function answer(asked: 'lookUpParty' | 'requestQuote' | 'prepareTransfer', error: SchemeError): void {
  const { handler } = both.one.services.clearing;
  const said = {
    lookUpParty: (partyId: PartyId) => handler.onPartyAnswer({ partyId, result: error }),
    requestQuote: ({ quoteId, payee }: QuoteRequest) =>
      handler.onQuoteAnswer({ quoteId, dfspId: payee.dfspId, result: error }),
    prepareTransfer: ({ transferId }: TransferRef) =>
      handler.onTransferOutcome({ transferId, state: 'aborted', error }),
  }[asked] as (value: unknown) => Promise<void>;
  both.wires.one.around = async (name, carry, [value]) => {
    if (name !== asked) return carry();
    await said(value);
    return { status: 'accepted' };
  };
}

const errorOf = (code: string): SchemeError => ({ code, description: 'in words of others', moneyMoved: 'no' });

describe.each(cases)('M65: $code ($name)', ({ code, told }) => {
  test('before anything is asked of the payee', async () => {
    answer('lookUpParty', errorOf(code));
    const call = createCall(both.one, hamimsPhone);
    await call.dial();
    await call.answer('1');
    const screen = await call.answer('0711000009');
    expect(screen).toContain(told);
    expect(screen).not.toContain(code);
    await call.end('Success');
  });

  test('when it is to be priced', async () => {
    answer('requestQuote', errorOf(code));
    const { confirm, call } = await toThePin(both);
    expect(confirm).toContain(told);
    expect(confirm).not.toContain(code);
    await call.end('Success');
  });

  test('M27, M28: when it is to be paid: it is said that nothing was, on the screen and by SMS', async () => {
    const { call } = await toThePin(both);
    answer('prepareTransfer', errorOf(code));
    const done = await call.answer('4071');
    expect(done).toContain('The other provider did not take it. Your money is back.');
    await both.settle();
    const sms = both.one.sms.sent.at(-1)?.body ?? '';
    expect(sms).toContain('Not sent: KES 1,000.00 to Venya');
    expect(`${done}${sms}`).not.toContain(` ${code} `);
  });
});
