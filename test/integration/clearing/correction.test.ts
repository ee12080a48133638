import { chartOf } from '../../../src/ledger';
import { assert } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import type { Two } from '../../support/two';
import { createCall, type World } from '../../support/world';
import { cases, contradict, correct, knock, propose, refusal, rowsOf, says, type Case } from './contradicted';
import { hamimsPhone, moneyOf, openPairs, owed, venyasPhone } from './people';

/** M32: the scheme has decided otherwise than what was done here; two of the staff put the books right, once. */
jest.setTimeout(60_000);

let both: Two;
let venya: string;
let hamim: string;
openPairs((pair) => {
  ({ both, hamim, venya } = pair);
});

const begin = 500_000n;

interface Side {
  readonly world: World;
  readonly customer: string;
  readonly phone: string;
}
function sideOf(name: Case): Side {
  return cases[name].side === 'one'
    ? { world: both.one, customer: hamim, phone: hamimsPhone }
    : { world: both.two, customer: venya, phone: venyasPhone };
}

async function house({ services }: World, account: 'losses' | 'suspense' | 'feeIncome'): Promise<bigint> {
  return (await services.ledger.balance(services.db, chartOf('KES')[account]))?.postedMinor ?? 0n;
}

const told = ({ world, phone }: Side) => world.sms.sent.filter(({ to }) => to === phone).map(({ body }) => body);

/** What the customer reads of their account. */
async function statementOf({ world, phone }: Side, pin: string): Promise<string> {
  const call = createCall(world, phone);
  await call.dial();
  await call.answer('5');
  return call.answer(pin);
}

/** Both journals beside the scheme's own: nothing is different, nothing is left to correct, what is owed mirrors. */
async function expectClean(): Promise<void> {
  both.clock.advance(3_600_000);
  for (const world of [both.one, both.two]) {
    const compared = await knock(world, 'goma', 'reconcile', {
      from: '2026-01-15T00:00:00Z',
      to: '2026-01-15T10:00:00Z',
    });
    expect(compared.body).toEqual(says(', 0 differences'));
    expect(await rowsOf(world, 'transfers', 'contradicted')).toEqual([]);
  }
  const [one = 0n, two = 0n] = await owed(both);
  expect(one + two).toBe(0n);
}

const spend = async (amount: string) => {
  const call = createCall(both.one, hamimsPhone);
  await call.dial();
  await call.answer('1');
  await call.answer('0700000002');
  await call.answer(amount);
  expect(await call.answer('4071')).toContain('sent to Kani');
  await call.end('Success');
  await both.settle();
};

/** Venya's money goes to Hamim. */
const venyaSpends = async (amount: string) => {
  const call = createCall(both.two, venyasPhone);
  await call.dial();
  await call.answer('1');
  await call.answer('0700000001');
  await call.answer(amount);
  expect(await call.answer('2580')).toContain('sent to Hamim');
  await call.end('Success');
  await both.settle();
};

const freeze = async ({ world, phone }: Side) => {
  const frozen = await typeAs(world, 'eshe', ['freeze', phone, 'all', '--reason', 'a card was found in a raid']);
  assert(frozen.ok, 'the account can be frozen');
};

describe('on the payer’s side', () => {
  test('given back here, committed there: it is taken from the payer, free, and they read why', async () => {
    const { reference, transferId } = await contradict(both, 'payer aborted');
    expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
    expect(await rowsOf(both.one, 'transfers', 'contradicted')).toEqual([
      expect.objectContaining({
        ...{ way: 'out', provider: 'two', payment: reference, transfer: transferId, amount: 'KES 1,000.00' },
        ...{ here: 'aborted', 'the scheme says': 'committed' },
      }),
    ]);
    const unsaid = await propose(both.one, 'transfer-correct', { payment: reference });
    expect([unsaid.status, unsaid.body]).toEqual([
      400,
      refusal('correction_unsaid', "KES 1,000.00 taken from the payer's account: say customer"),
    ]);
    const fees = await house(both.one, 'feeIncome');
    const done = await correct(both.one, reference, 'customer');
    expect([done.status, done.body]).toEqual([
      200,
      says(`${reference} is corrected to committed: KES 1,000.00 taken from the payer's account`),
    ]);
    await both.settle();
    expect(await moneyOf(both.one, hamim)).toEqual({ available: begin - 100_000n, held: 0n });
    expect([await house(both.one, 'losses'), await house(both.one, 'feeIncome')]).toEqual([0n, fees]);
    expect(told(sideOf('payer aborted')).at(-1)).toMatch(
      new RegExp(
        `Your payment ${reference} to Venya O\\. arrived after all: KES 1,000.00 was taken from your account. Balance KES 4,000.00`,
      ),
    );
    expect(await statementOf(sideOf('payer aborted'), '4071')).toMatch(/-1,000.00 put right: Venya Otieno/);
    await expectClean();
    const [position] = await rowsOf(both.one, 'positions', '2026-01-15T00:00:00Z', '2026-01-15T10:00:00Z');
    expect(position).toMatchObject({ sent: '1', out: 'KES 1,000.00', "payers' fees": 'KES 0.00' });
  });

  test('given back here, committed there, and spent: the provider bears it, and the payer hears that it stays theirs', async () => {
    const { reference } = await contradict(both, 'payer aborted');
    await spend('4500');
    const asked = await propose(both.one, 'transfer-correct', { payment: reference, side: 'customer' });
    expect(asked.body).toEqual(
      refusal('correction_differs', 'KES 1,000.00 borne by the provider (the money is not there): say provider'),
    );
    const left = await moneyOf(both.one, hamim);
    expect((await correct(both.one, reference, 'provider')).body).toEqual(says('KES 1,000.00 borne by the provider'));
    await both.settle();
    expect(await moneyOf(both.one, hamim)).toEqual(left);
    expect(await house(both.one, 'losses')).toBe(-100_000n);
    expect(told(sideOf('payer aborted')).at(-1)).toMatch(
      new RegExp(
        `Your payment ${reference} to Venya O. arrived after all. The KES 1,000.00 that you got back stays yours`,
      ),
    );
    await expectClean();
  });

  test('given back here, committed there, and a limit reached: the provider bears it', async () => {
    const { reference } = await contradict(both, 'payer aborted');
    const used = `insert into limit_use (customer_id, direction, scope, period, period_start, amount_minor, count)
      values ($1, 'out', 'all', 'day', '2026-01-15', 900000000, 1)
      on conflict (customer_id, direction, scope, period, period_start) do update set amount_minor = 900000000`;
    await both.one.owner.run({ text: used, values: [hamim] });
    expect((await propose(both.one, 'transfer-correct', { payment: reference })).body).toEqual(
      refusal('correction_unsaid', 'borne by the provider (a limit is reached): say provider'),
    );
  });

  test('completed here, aborted there: amount and fee come back, with the limits', async () => {
    const { reference } = await contradict(both, 'payer committed');
    expect(await moneyOf(both.one, hamim)).toEqual({ available: begin - 101_000n, held: 0n });
    const used = `select amount_minor::text as minor from limit_use
      where customer_id = $1 and direction = 'out' and scope = 'all' and period = 'day'`;
    expect(await both.one.owner.one({ text: used, values: [hamim] })).toEqual({ minor: '100000' });
    expect((await correct(both.one, reference, 'customer')).body).toEqual(
      says('is corrected to aborted: KES 1,000.00 back to the payer with our fee'),
    );
    await both.settle();
    expect(await both.one.owner.one({ text: used, values: [hamim] })).toEqual({ minor: '0' });
    expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
    expect(told(sideOf('payer committed')).at(-1)).toMatch(
      new RegExp(
        `Your payment ${reference} to Venya O. did not arrive. KES 1,010.00 came back to you, its fee included`,
      ),
    );
    const seen = await statementOf(sideOf('payer committed'), '4071');
    expect(seen).toMatch(/\+1,010.00 put right: Venya Otieno[^]*-1,000.00 Venya Otieno, fee 10.00/);
    await expectClean();
    expect(await rowsOf(both.one, 'positions', '2026-01-15T00:00:00Z', '2026-01-15T10:00:00Z')).toEqual([]);
  });

  test('completed here, aborted there, and the account is frozen: it is kept for the payer', async () => {
    const { reference } = await contradict(both, 'payer committed');
    await freeze(sideOf('payer committed'));
    expect((await propose(both.one, 'transfer-correct', { payment: reference })).body).toEqual(
      refusal('correction_unsaid', 'kept for the payer, with our fee (the account is closed, frozen or full'),
    );
    expect((await correct(both.one, reference, 'provider')).status).toBe(200);
    await both.settle();
    expect(await house(both.one, 'suspense')).toBe(101_000n);
    expect(told(sideOf('payer committed')).at(-1)).toMatch(/We keep KES 1,010.00 for you/);
    await expectClean();
  });
});

describe('on the payee’s side', () => {
  test('paid here, aborted there: it is taken back from the payee', async () => {
    const { reference } = await contradict(both, 'payee committed');
    expect((await moneyOf(both.two, venya)).available).toBe(100_000n);
    expect((await correct(both.two, reference, 'customer')).body).toEqual(
      says("is corrected to aborted: KES 1,000.00 taken back from the payee's account"),
    );
    await both.settle();
    expect(await moneyOf(both.two, venya)).toEqual({ available: 0n, held: 0n });
    expect(told(sideOf('payee committed')).at(-1)).toMatch(
      /KES 1,000.00 from Hamim J. never came from their provider, and was taken back. Balance KES 0.00/,
    );
    expect(await statementOf(sideOf('payee committed'), '2580')).toMatch(/-1,000.00 put right: Hamim Juma/);
    await expectClean();
  });

  test('paid here, aborted there, and spent: the provider bears it, and the payee hears nothing', async () => {
    const { reference } = await contradict(both, 'payee committed');
    await venyaSpends('500');
    const before = told(sideOf('payee committed')).length;
    expect((await propose(both.two, 'transfer-correct', { payment: reference, side: 'customer' })).body).toEqual(
      refusal('correction_differs', 'borne by the provider (the money is not there): say provider'),
    );
    const left = await moneyOf(both.two, venya);
    expect((await correct(both.two, reference, 'provider')).status).toBe(200);
    await both.settle();
    expect(await moneyOf(both.two, venya)).toEqual(left);
    expect(await house(both.two, 'losses')).toBe(-100_000n);
    expect(told(sideOf('payee committed'))).toHaveLength(before);
    await expectClean();
  });

  test('refused here, committed there: the payee gets it, late', async () => {
    const { transferId, reference } = await contradict(both, 'payee aborted');
    expect(await moneyOf(both.two, venya)).toEqual({ available: 0n, held: 0n });
    expect((await correct(both.two, transferId, 'customer')).body).toEqual(
      says(`${reference} is corrected to committed: KES 1,000.00 paid to the payee`),
    );
    await both.settle();
    expect((await moneyOf(both.two, venya)).available).toBe(100_000n);
    expect(told(sideOf('payee aborted')).at(-1)).toMatch(/You received KES 1,000.00 from Hamim J. It came late./);
    expect(await statementOf(sideOf('payee aborted'), '2580')).toMatch(/\+1,000.00 put right: Hamim Juma/);
    await expectClean();
    const [position] = await rowsOf(both.two, 'positions', '2026-01-15T00:00:00Z', '2026-01-15T10:00:00Z');
    expect(position).toMatchObject({ received: '1', in: 'KES 1,000.00' });
  });

  test('refused here, committed there, and the account is closed: it is kept for the payee', async () => {
    const { reference } = await contradict(both, 'payee aborted');
    const { services } = both.two;
    const account = await services.accounts.primaryOf(services.db, venya);
    assert(account, 'Venya has one');
    const by = { kind: 'system', id: 'test' } as const;
    await services.db.tx((tx) => services.ledger.setStatus(tx, account.accountId, 'closed', by));
    expect((await propose(both.two, 'transfer-correct', { payment: reference })).body).toEqual(
      refusal('correction_unsaid', 'kept for the payee (the account is closed, frozen or full'),
    );
    expect((await correct(both.two, reference, 'provider')).status).toBe(200);
    await both.settle();
    expect(await house(both.two, 'suspense')).toBe(100_000n);
    expect(told(sideOf('payee aborted')).at(-1)).toMatch(
      /We keep KES 1,000.00 for you, because your account can't take it/,
    );
    await expectClean();
  });

  test('refused here, committed there, and the account is full: it is kept for the payee', async () => {
    const { reference } = await contradict(both, 'payee aborted');
    const { services } = both.two;
    const account = await services.accounts.primaryOf(services.db, venya);
    assert(account, 'Venya has one');
    const bounds = { floorMinor: 0n, ceilingMinor: 99_999n, limitProfile: null };
    await services.db.tx((tx) =>
      services.ledger.setBounds(tx, account.accountId, bounds, { kind: 'system', id: 'test' }),
    );
    expect((await correct(both.two, reference, 'provider')).status).toBe(200);
    expect(await house(both.two, 'suspense')).toBe(100_000n);
    await expectClean();
  });
});
