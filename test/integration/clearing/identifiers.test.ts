import type { LookupAnswer, PartyId, PaymentRequest } from '../../../src/switch';
import { openMachine, type Machine } from '../../support/machine';
import { createTwo, loopbackBetween, saysNothingOf, type Two } from '../../support/two';
import { createCall, createWorld, type Call } from '../../support/world';
import { hamimsPhone, idOf, moneyOf, openVenya, owed, venyasPhone } from './people';

/** Hamim sends to somebody whom `bank` knows by what may be an e-mail address or an account (R221). */
const email: PartyId = { idType: 'EMAIL', id: 'bob@dfsp1.com' };
const account: PartyId = { idType: 'ACCOUNT_ID', id: 'Bob@dfsp1.com' };
let both: Two;
let bank: Machine;
let hamim: string;
let begin: bigint;
async function open(reached: readonly PartyId[]): Promise<void> {
  const hub = loopbackBetween();
  both = await createTwo(hub);
  bank = await openMachine('bank', { adapter: hub.adapterFor('bank'), now: () => hub.clock.now(), reached });
  saysNothingOf(both.wires.two, reached);
  hamim = await idOf(both.one, hamimsPhone);
  begin = (await moneyOf(both.one, hamim)).available;
}
afterEach(() => both.close());

const asked = 'Bob@dfsp1.com is:\n1 An e-mail address\n2 An account';

/** Hamim types whom to send to. */
async function typed(identifier: string): Promise<{ call: Call; screen: string }> {
  const call = createCall(both.one, hamimsPhone);
  await call.dial();
  await call.answer('1');
  return { call, screen: await call.answer(identifier) };
}

test.each([
  ['1', 'an e-mail address, in small letters', email],
  ['2', 'an account, as it was typed', account],
])(
  'R221: answered %s, it is %s: found by name, paid once however often a hop comes, and kept as that',
  async (answer, _, partyId) => {
    await open([partyId]);
    const { call, screen } = await typed('Bob@dfsp1.com');
    expect(screen).toContain(asked);
    expect(await call.again()).toBe(screen);
    for (const [next, said] of [
      [answer, 'Send to Amina Otieno at bank.\nHow much? (KES)'],
      ['1000', 'Send KES 1,000.00 to Amina Otieno\nFee KES 10.00\nTotal KES 1,010.00'],
      ['4071', 'KES 1,000.00 sent to Amina Otieno. Fee KES 10.00.'],
    ] as const) {
      const shown = await call.answer(next);
      expect(shown).toContain(said);
      expect(await call.again()).toBe(shown);
    }
    await both.settle();
    expect(bank.quotes.map(({ payee }) => payee.partyId)).toEqual([partyId]);
    expect(bank.paid).toEqual(new Map([['', 100_000n]]));
    expect(await moneyOf(both.one, hamim)).toEqual({ available: begin - 101_000n, held: 0n });
    const kept = await both.one.services.db.rows({
      text: `select p.state, p.outside->>'number' as number, q.payee->'partyId' as party
             from payment p join outgoing_quote q using (payment_id)`,
    });
    expect(kept).toEqual([{ state: 'completed', number: partyId.id, party: partyId }]);
    const receipt = both.one.sms.sent.find(({ body }) => body.includes('Sent KES 1,000.00'));
    expect(receipt).toMatchObject({ to: hamimsPhone });
    expect(receipt?.body).toMatch(/to Amina O. [Bb]ob@\*\*\*com. Fee KES 10.00/);
  },
);

test('R221: the statement names who was paid, and the payment is asked back from them by what they are called', async () => {
  await open([email]);
  const { call } = await typed('bob@dfsp1.com');
  for (const answer of ['1', '1000', '4071']) await call.answer(answer);
  await both.settle();
  const later = createCall(both.one, hamimsPhone);
  await later.dial();
  await later.answer('5');
  expect(await later.answer('4071')).toContain('Amina Otieno');
  const { redress, clearing } = both.one.services;
  const [sent] = await redress.recentSends(hamim);
  expect(sent).toMatchObject({ name: 'Amina Otieno', provider: 'bank' });
  const requests: PaymentRequest[] = [];
  both.wires.one.around = (name, carry, [value]) => {
    if (name === 'requestPayment') requests.push(value as PaymentRequest);
    return carry();
  };
  const paymentId = sent?.payment.paymentId ?? '';
  expect(await clearing.askBack({ paymentId, amountMinor: 100_000n })).toMatchObject({ ok: true });
  expect(requests[0]?.payer).toMatchObject({ partyId: email, dfspId: 'bank' });
});

test('R221: whom their provider knows by a number, too, is paid by it', async () => {
  await open([]);
  const venya = await openVenya(both.two);
  const result = {
    partyId: { idType: 'MSISDN', id: venyasPhone.slice(1) },
    dfspId: 'two',
    name: 'Venya Otieno',
  } as const;
  const { handler } = both.one.services.clearing;
  both.wires.one.around = async (name, carry) => {
    if (name !== 'lookUpParty') return carry();
    await handler.onPartyAnswer({ partyId: email, result });
    return { status: 'accepted' };
  };
  const { call } = await typed('bob@dfsp1.com');
  for (const answer of ['1', '1000']) await call.answer(answer);
  expect(await call.answer('4071')).toContain('KES 1,000.00 sent to Venya Otieno');
  await both.settle();
  expect(await moneyOf(both.two, venya)).toEqual({ available: 100_000n, held: 0n });
  expect(await owed(both)).toEqual([100_000n, -100_000n]);
});

test('R221: whom nobody knows by it is not found, and the other kind can be tried, or 0 goes back', async () => {
  await open([account]);
  const { call } = await typed('Bob@dfsp1.com');
  const unknown = await call.answer('1');
  expect(unknown).toContain(`Nobody was found. Check it, or try the other kind.\n${asked}`);
  expect(await call.answer('0')).toContain('Send money to which number');
  expect(await call.answer('Bob@dfsp1.com')).toContain(asked);
  expect(await call.answer('3')).toContain('Choose one of the numbers shown.');
  expect(await call.answer('2')).toContain('Send to Amina Otieno at bank.');
  expect(bank.quotes).toEqual([]);
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
});

test('R221: while the other providers are away, it is said that they are', async () => {
  await open([email]);
  both.wires.one.copies = (name) => (name === 'lookUpParty' ? 0 : 1);
  const { call } = await typed('bob@dfsp1.com');
  expect(await call.answer('1')).toContain("Other providers can't be reached now.");
}, 15_000);

test('R221: a long one is asked for whole and shown by its ends', async () => {
  const long = `${'a'.repeat(60)}@${'b'.repeat(63)}.com`;
  await open([{ idType: 'EMAIL', id: long }]);
  const { call, screen } = await typed(long);
  expect(screen).toContain('aaaaaaaaaaaaaa...bbbbbbbbbbb.com is:\n1 An e-mail address');
  expect(await call.answer('1')).toContain('Send to Amina Otieno at bank.');
});

test('R221: by an e-mail address or an account nobody is reached here', async () => {
  await open([]);
  const answers: LookupAnswer[] = [];
  both.wires.one.around = (name, carry, [value]) => {
    if (name === 'answerLookup') answers.push(value as LookupAnswer);
    return carry();
  };
  for (const partyId of [email, account]) {
    await both.one.services.clearing.handler.onLookup({ partyId, dfspId: 'two' });
  }
  expect(answers).toMatchObject([
    { partyId: email, result: { code: '3204' } },
    { partyId: account, result: { code: '3204' } },
  ]);
});

test('R221: a provider alone asks nothing: it is no number', async () => {
  await open([]);
  const alone = await createWorld();
  try {
    const call = createCall(alone, hamimsPhone);
    await call.dial();
    await call.answer('1');
    const screen = await call.answer('bob@dfsp1.com');
    expect(screen).toContain('That is not a phone number or a user number.');
    expect(screen).toContain('Send money to which number');
    expect(await call.answer('0')).toContain('1 Send money');
  } finally {
    await alone.close();
  }
});
