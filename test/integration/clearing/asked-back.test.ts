import { randomUUID } from 'node:crypto';
import { assert, plusMs } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import { createTwo, type Two } from '../../support/two';
import { createCall, type World } from '../../support/world';
import { hamimsPhone, idOf, moneyOf, openVenya, owed, toThePin, venyasPhone } from './people';

jest.setTimeout(60_000);

/** Money that was sent to another provider by mistake: its sender asks by phone, the providers ask one another, and it comes back. */
let both: Two;
let venya: string;
let hamim: string;
beforeEach(async () => {
  both = await createTwo();
  venya = await openVenya(both.two);
  hamim = await idOf(both.one, hamimsPhone);
  await (await toThePin(both)).call.answer('4071');
  await both.settle();
});
afterEach(() => both.close());

const begin = 500_000n;
const failed = (error: string) => expect.objectContaining({ ok: false, error }) as unknown;
const smsOf = (world: World, to: string): string[] =>
  world.sms.sent.filter((sms) => sms.to === to).map(({ body }) => body);

/** Hamim says so under Settings; the screens that he saw, and the number of his case. */
async function askByPhone(): Promise<{ screens: string[]; number: string }> {
  const call = createCall(both.one, hamimsPhone);
  const screens = [await call.dial()];
  for (const answer of ['7', '4', '1', '1', '4071']) screens.push(await call.answer(answer));
  await call.end('Success');
  await both.settle();
  return { screens, number: /[Cc]ase (\d+)/.exec(screens.at(-1) ?? '')?.[1] ?? '' };
}

async function caseAt(world: World, number?: string) {
  const rows = await world.owner.rows<{ number: string; state: string; outcome: string | null; reference: string }>({
    text: `select c.number, c.state, c.outcome, p.reference from redress_case c join payment p using (payment_id)
           where $1::text is null or c.number = $1`,
    values: [number ?? null],
  });
  assert(rows.length === 1 && rows[0], 'there is one case');
  return rows[0];
}

async function textOf(world: World, number: string): Promise<string> {
  const shown = await typeAs(world, 'amani', ['case', number]);
  assert(shown.ok, 'the staff may look at a case');
  return shown.value.text ?? '';
}

test('B13: the sender asks by phone, is told that nothing is held, and two providers bring it back; both cases end with it', async () => {
  const { screens, number } = await askByPhone();
  expect(screens[2]).toContain('1 KES 1,000.00 Venya Otieno');
  expect(screens[3]).toContain('What went wrong?');
  expect(screens.at(-1)).toMatch(/^END KES 1,000.00 is at two: we ask for it back. Case \d+. You get our answer by/);
  expect(smsOf(both.one, hamimsPhone).at(-1)).toMatch(
    /^Case \d+: KES 1,000.00 to Venya O. is at another provider. We can't hold it, only ask for it back. You get our answer by/,
  );
  const waiting = await typeAs(both.one, 'amani', ['cases']);
  assert(waiting.ok, 'the staff see it');
  expect(waiting.value.rows).toMatchObject([{ case: number, provider: 'two', amount: 'KES 1,000.00', held: '' }]);

  expect((await typeAs(both.one, 'amani', ['case-ask', number, '--reason', 'he called'])).ok).toBe(true);
  expect(await textOf(both.one, number)).toMatch(/KES 1,000.00 is asked of two: (no answer yet|received)$/);
  await both.settle();
  expect(await textOf(both.one, number)).toMatch(/is asked of two: received$/);
  const theirs = await caseAt(both.two);
  expect(await textOf(both.two, theirs.number)).toMatch(/is asked of us by one: received$/);
  expect(smsOf(both.two, venyasPhone).at(-1)).toMatch(
    /^Hamim J. says that KES 1,000.00 came to you by mistake. .* Case \d+/,
  );
  expect(await moneyOf(both.two, venya)).toEqual({ available: 100_000n, held: 0n });

  await typeAs(both.two, 'goma', ['refund-elsewhere', theirs.reference, '--reason', 'she agrees on the phone']);
  expect((await typeAs(both.two, 'halima', ['approve', 'last', '--reason', 'she agrees'])).ok).toBe(true);
  await both.settle();
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  expect(await owed(both)).toEqual([0n, 0n]);
  expect(await caseAt(both.one)).toMatchObject({ state: 'decided', outcome: 'agreed' });
  expect(await caseAt(both.two)).toMatchObject({ state: 'decided', outcome: 'agreed' });
  const told = smsOf(both.one, hamimsPhone).filter((text) =>
    text.startsWith(`Case ${number}: Venya O. gave KES 1,000.00 back`),
  );
  expect(told).toHaveLength(1);
});

test('B13: a part that comes back decides the case as such; then nothing more is asked for but what is left', async () => {
  const { number } = await askByPhone();
  const { reference } = await both.two.owner.one<{ reference: string }>({
    text: 'select reference from scheme_transfer',
  });
  await typeAs(both.two, 'goma', ['refund-elsewhere', reference, '--amount', '400', '--reason', 'the rest is spent']);
  await typeAs(both.two, 'halima', ['approve', 'last', '--reason', 'so it is']);
  await both.settle();
  expect(await caseAt(both.one)).toMatchObject({ state: 'decided', outcome: 'refunded_in_part' });
  expect(await typeAs(both.one, 'amani', ['case-ask', number, '--reason', 'he called'])).toEqual(failed('case_gone'));
  await typeAs(both.one, 'amani', ['case-appeal', number, '--reason', 'he called again']);
  const asked = await typeAs(both.one, 'amani', ['case-ask', number, '--reason', 'he called again']);
  assert(asked.ok, 'what is left may be asked for');
  expect(asked.value.says).toBe('two is asked for KES 600.00');
});

test('B13: the other provider says no, and its payer is told by us; it is asked once however often it is sent', async () => {
  const { number } = await askByPhone();
  both.wires.one.copies = (name) => (name === 'requestPayment' ? 2 : 1);
  await typeAs(both.one, 'amani', ['case-ask', number, '--reason', 'he called']);
  await typeAs(both.one, 'amani', ['case-ask', number, '--reason', 'no answer came']);
  await both.settle();
  const theirs = await caseAt(both.two);
  expect(smsOf(both.two, venyasPhone).filter((text) => text.includes('by mistake'))).toHaveLength(1);
  await typeAs(both.two, 'amani', ['case-decide', theirs.number, 'rejected', '--reason', 'she sold him a goat']);
  expect((await typeAs(both.two, 'farida', ['approve', 'last', '--reason', 'I saw the goat'])).ok).toBe(true);
  await both.settle();
  expect(await textOf(both.one, number)).toMatch(/is asked of two: rejected$/);
  await typeAs(both.one, 'amani', ['case-ask', number, '--reason', 'he insists']);
  await both.settle();
  expect(await textOf(both.one, number)).toMatch(/is asked of two: rejected$/);
  await typeAs(both.one, 'amani', ['case-decide', number, 'refunded', '--reason', 'he insists']);
  expect(await typeAs(both.one, 'farida', ['approve', 'last', '--reason', 'as he says'])).toEqual(
    failed('not_reversible'),
  );
  await typeAs(both.one, 'amani', ['case-decide', number, 'rejected', '--reason', 'two says that it was a sale']);
  expect((await typeAs(both.one, 'farida', ['approve', 'last', '--reason', 'so it is'])).ok).toBe(true);
  await both.settle();
  expect(smsOf(both.one, hamimsPhone).at(-1)).toMatch(/^Case \d+ is decided: no money comes back/);
});

test('B13: nobody is asked for what did not come from whoever asks, nor for more', async () => {
  const { transactionId } = await both.two.owner.one<{ transactionId: string }>({
    text: 'select transaction_id as "transactionId" from incoming_quote where transaction_id is not null',
  });
  const asks = (dfspId: string, originalTransactionId: string, amountMinor: bigint, number = '254711000009') =>
    both.two.services.clearing.handler.onPaymentRequest({
      ...{ requestId: randomUUID(), dfspId, amount: { amountMinor, currency: 'KES' } },
      payer: { partyId: { idType: 'MSISDN', id: number }, dfspId: 'two', name: 'Venya Otieno' },
      payee: { partyId: { idType: 'MSISDN', id: '254700000001' }, dfspId, name: 'Hamim Juma' },
      transactionType: {
        ...{ scenario: 'REFUND', initiator: 'PAYEE', initiatorType: 'CONSUMER' },
        refundInfo: { originalTransactionId },
      },
      expiresAt: plusMs(both.clock.now(), 60_000),
    });
  await asks('one', randomUUID(), 100_000n); // a transaction that nobody made
  await asks('three', transactionId, 100_000n); // it came from one
  await asks('one', transactionId, 100_001n); // more than was sent
  await asks('one', transactionId, 100_000n, '254711000001'); // it went to somebody else
  await both.settle();
  const kept = await both.two.owner.rows({ text: 'select from redress_case union all select from refund_request' });
  expect(kept).toEqual([]);
  await asks('one', transactionId, 100_000n);
  await both.settle();
  expect(await caseAt(both.two)).toMatchObject({ state: 'open' });
});

test('B13: STOP by SMS does the same; the staff open a case for the other provider that called', async () => {
  const { reference } = await both.one.owner.one<{ reference: string }>({
    text: 'select reference from scheme_transfer',
  });
  await both.one.text(hamimsPhone, `STOP ${reference}`);
  await both.settle();
  expect(smsOf(both.one, hamimsPhone).at(-1)).toMatch(/^Case \d+: KES 1,000.00 to Venya O. is at another provider/);
  const theirs = await both.two.owner.one<{ reference: string }>({ text: 'select reference from scheme_transfer' });
  const opened = await typeAs(both.two, 'amani', [
    'case-open',
    theirs.reference,
    'wrong_send',
    '--reason',
    'one called',
  ]);
  assert(opened.ok, 'the staff of two may');
  await both.settle();
  expect(smsOf(both.two, venyasPhone).at(-1)).toMatch(/^Hamim J. says that KES 1,000.00 came to you by mistake/);
});
