import { chartOf } from '../../../src/ledger';
import { assert, violatedConstraint } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import { createTwo, type Two } from '../../support/two';
import { createLoopbackHub, type SwitchAdapter } from '../../../src/switch';
import { createCall, createWorld, type World } from '../../support/world';
import { hamimsPhone, idOf, openVenya, owed, toThePin, venyasPhone } from './people';

/** What the two providers owe each other: positions, windows that are closed once, and our journal beside the scheme's. */
let both: Two;
beforeEach(async () => {
  both = await createTwo();
  await openVenya(both.two);
});
afterEach(() => both.close());

type Rows = readonly Readonly<Record<string, string>>[];
const hourMs = 3_600_000;
const dayStart = '2026-01-15T00:00:00Z';
/** The clock says nine: a moment after now, when it is over. */
const ten = '2026-01-15T10:00:00Z';
const failed = (error: string, detail?: object) =>
  expect.objectContaining({ ok: false, error, ...(detail && { detail }) }) as unknown;

/** Hamim sends to Venya over the phone. */
async function hamimSends(amount: string): Promise<void> {
  const { call } = await toThePin(both, amount);
  await call.answer('4071');
  await call.end('Success');
  await both.settle();
}

/** Venya sends some of it back. */
async function venyaSends(amount: string): Promise<void> {
  const call = createCall(both.two, venyasPhone);
  await call.dial();
  await call.answer('1');
  await call.answer('0700000001');
  await call.answer(amount);
  await call.answer('2580');
  await call.end('Success');
  await both.settle();
}

async function rowsOf(world: World, ...words: string[]): Promise<Rows> {
  const shown = await typeAs(world, 'goma', words);
  assert(shown.ok, `finance may ask for ${words.join(' ')}: ${shown.ok ? '' : JSON.stringify(shown)}`);
  return shown.value.rows ?? [];
}

const reason = ['--reason', 'statement 15 of the settlement bank'];
const propose = (world: World, ...words: string[]) => typeAs(world, 'goma', ['settle', ...words, ...reason]);
const approve = (world: World) => typeAs(world, 'halima', ['approve', 'last', '--reason', 'seen at the bank']);

describe('positions and settlement', () => {
  test('R206 to R208, R96: both providers see the same, mirrored, with fees apart; the sum of nets is zero', async () => {
    await hamimSends('1000');
    await hamimSends('250');
    await venyaSends('300');
    const [one] = await rowsOf(both.one, 'positions', dayStart, ten);
    expect(one).toEqual({
      ...{ provider: 'two', sent: '2', out: 'KES 1,250.00', received: '1', in: 'KES 300.00', net: 'KES -950.00' },
      ...{ "payers' fees": 'KES 20.00', "payees' fees": 'KES 0.00', "scheme's fees": '' },
    });
    const [two] = await rowsOf(both.two, 'positions', dayStart, ten);
    expect(two).toMatchObject({ provider: 'one', out: 'KES 300.00', in: 'KES 1,250.00', net: 'KES 950.00' });
    const nets = await Promise.all(
      [both.one, both.two].map(({ services }) =>
        services.settlement.positions({ from: new Date(dayStart), to: new Date(ten) }),
      ),
    );
    expect(nets.flat().reduce((sum, { netMinor }) => sum + netMinor, 0n)).toBe(0n);
    expect(await rowsOf(both.one, 'positions', ten, '2026-01-16T00:00:00Z')).toEqual([]);
  });

  test('R211: what was paid at the bank is booked by two of finance, a window is closed once', async () => {
    await hamimSends('1000');
    await venyaSends('300');
    expect(await propose(both.one, ten, 'paid', '700')).toEqual(
      failed('window_malformed', { problem: 'it must be over' }),
    );
    both.clock.advance(hourMs);
    const differs = failed('settlement_differs', { problem: 'paid KES 700.00' });
    expect(await propose(both.one, ten, 'received', '700')).toEqual(differs);
    expect(await propose(both.one, ten, 'paid', '699.99')).toEqual(differs);
    expect((await propose(both.one, ten, 'paid', '700')).ok).toBe(true);
    expect(await typeAs(both.one, 'goma', ['approve', 'last'])).toEqual(failed('same_person'));
    expect(await typeAs(both.one, 'imani', ['approve', 'last'])).toEqual(failed('role_refused'));
    const trust = await trustOf(both.one);
    expect(await approve(both.one)).toMatchObject({
      ok: true,
      value: { says: 'settlement 1: 2 transfers, paid 700 KES' },
    });
    expect(await owed(both)).toEqual([0n, -70_000n]);
    expect(await trustOf(both.one)).toBe(trust + 70_000n); // so much less is at the bank
    expect(await propose(both.one, ten, 'paid', '700')).toEqual(
      failed('settlement_closed', { problem: 'in settlement 1' }),
    );
    expect(await propose(both.one, '2026-01-15T10:00:00.001Z', 'paid', '0')).toEqual(
      failed('window_malformed', expect.anything() as object),
    );
    both.clock.advance(hourMs);
    expect(await propose(both.one, '2026-01-15T11:00:00Z', 'paid', '700')).toEqual(failed('settlement_nothing'));
    expect((await propose(both.two, ten, 'received', '700')).ok).toBe(true);
    expect((await approve(both.two)).ok).toBe(true);
    expect(await owed(both)).toEqual([0n, 0n]);
    expect(await rowsOf(both.two, 'settlements', '1')).toEqual([
      { provider: 'one', sent: '1', out: 'KES 300.00', received: '1', in: 'KES 1,000.00', net: 'KES 700.00' },
    ]);
    expect(await rowsOf(both.one, 'reconciliations')).toEqual([]);
  });

  test('R211: both sides even, nothing moves at the bank, and the window is closed all the same', async () => {
    await hamimSends('1000');
    both.clock.advance(hourMs);
    expect((await propose(both.one, ten, 'paid', '1000')).ok).toBe(true);
    expect((await approve(both.one)).ok).toBe(true);
    await hamimSends('300');
    await venyaSends('300');
    both.clock.advance(hourMs);
    expect((await propose(both.one, '2026-01-15T11:00:00Z', 'paid', '0')).ok).toBe(true);
    expect((await approve(both.one)).ok).toBe(true);
    expect(await owed(both)).toEqual([0n, -100_000n]);
    const [last] = await rowsOf(both.one, 'settlements');
    expect(last).toMatchObject({ settlement: '2', transfers: '2', 'paid at the bank': 'KES 0.00', differs: '' });
  });

  test('R211: the same window twice at once: one is booked; a process that died in between finds it booked', async () => {
    await hamimSends('1000');
    both.clock.advance(hourMs);
    await propose(both.one, ten, 'paid', '1000');
    await propose(both.one, ten, 'paid', '1000');
    const ids = await both.one.owner.rows<{ id: string }>({
      text: `select act_number::text as id from staff_act where command = 'settle' and state = 'proposed' order by 1`,
    });
    const results = await Promise.all(ids.map(({ id }) => typeAs(both.one, 'halima', ['approve', id])));
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    const [refused] = results.flatMap((result) => (result.ok ? [] : [result.error]));
    expect(['settlement_closed', 'settlement_nothing']).toContain(refused);
    expect(await owed(both)).toEqual([0n, -100_000n]);
    const { settlement } = both.one.services;
    const kept = await both.one.owner.one<{ transferId: string; actId: string }>({
      text: 'select transfer_id as "transferId", act_id as "actId" from settlement',
    });
    const again = {
      to: new Date(ten),
      paidMinor: 100_000n,
      feeMinor: 0n,
      differs: false,
      by: { kind: 'staff', id: 'halima' },
    } as const;
    expect(await settlement.settle({ ...again, ...kept })).toMatchObject({ ok: true, value: { number: 1n } });
    expect(await owed(both)).toEqual([0n, -100_000n]);
  });

  test('the database settles nothing by an act that nobody approved, and a transfer never twice', async () => {
    await hamimSends('1000');
    both.clock.advance(hourMs);
    const proposed = await propose(both.one, ten, 'paid', '1000');
    assert(proposed.ok && proposed.value.actId, 'an act waits');
    const { services, owner } = both.one;
    const order = {
      to: new Date(ten),
      paidMinor: 100_000n,
      feeMinor: 0n,
      differs: false,
      by: { kind: 'staff', id: 'goma' },
    } as const;
    const transferId = '019bc0e2-1280-7000-8000-000000000001';
    await expect(services.settlement.settle({ ...order, actId: proposed.value.actId, transferId })).rejects.toThrow(
      'settlement_act',
    );
    expect(await owed(both)).toEqual([100_000n, -100_000n]);
    await approve(both.one);
    const attempts = [
      'update outgoing_transfer set settlement_number = null',
      'delete from settlement',
      'update settlement set paid_minor = 0',
      'delete from settlement_position',
    ];
    for (const text of attempts) {
      await expect(services.db.run({ text })).rejects.toThrow(/permission denied/);
      const refused = await owner.run({ text }).catch((error: unknown) => violatedConstraint(error) ?? String(error));
      expect(refused).toMatch(/transfer_settled_once|is refused/);
    }
  });
});

async function trustOf({ services }: World): Promise<bigint> {
  return (await services.ledger.balance(services.db, chartOf('KES').trust))?.postedMinor ?? 0n;
}

describe('reconciliation', () => {
  const reconcile = (world: World, ...words: string[]) => typeAs(world, 'goma', ['reconcile', dayStart, ten, ...words]);
  const findings = async (world: World, number = '1'): Promise<Rows> =>
    (await rowsOf(world, 'reconciliations', number)).map(({ difference = '', ours = '', theirs = '' }) => ({
      ...{ difference, ours, theirs },
    }));

  test('R135, R212: where both agree there is no difference, on both sides, whatever was committed or given up', async () => {
    await hamimSends('1000');
    await venyaSends('300');
    both.wires.two.copies = (name) => (name === 'onPrepare' ? 0 : 1);
    await hamimSends('500');
    both.clock.advance(hourMs);
    await both.settle();
    for (const world of [both.one, both.two]) {
      const compared = await reconcile(world);
      expect(compared).toMatchObject({ ok: true });
      expect(await findings(world)).toEqual([]);
    }
    expect(await rowsOf(both.one, 'reconciliations')).toEqual([
      expect.objectContaining({ reconciliation: '1', with: 'scheme', ours: '3', theirs: '3', differences: '0' }),
    ]);
  }, 20_000);

  test('R212: what is open here and decided there, and what the staff decided otherwise, have names; nothing moves', async () => {
    both.wires.one.copies = (name) => (name === 'onTransferOutcome' ? 0 : 1);
    await hamimSends('1000');
    both.clock.advance(hourMs);
    expect((await reconcile(both.one)).ok).toBe(true);
    expect(await findings(both.one)).toEqual([{ difference: 'state_differs', ours: 'open', theirs: 'committed' }]);
    const { reference, transferId } = await both.one.owner.one<{ reference: string; transferId: string }>({
      text: 'select reference, transfer_id as "transferId" from scheme_transfer',
    });
    await typeAs(both.one, 'goma', ['transfer-release', reference, '--reason', 'by mistake']);
    await typeAs(both.one, 'halima', ['approve', 'last']);
    expect((await reconcile(both.one)).ok).toBe(true);
    expect(await findings(both.one, '2')).toEqual([
      { difference: 'state_differs', ours: 'aborted', theirs: 'committed' },
    ]);
    await both.one.services.clearing.handler.onTransferOutcome({ transferId, state: 'committed' });
    const before = await owed(both);
    expect((await reconcile(both.one)).ok).toBe(true);
    expect(await findings(both.one, '3')).toEqual([
      { difference: 'decided_otherwise', ours: 'aborted', theirs: 'committed' },
    ]);
    expect(await owed(both)).toEqual(before);
    const logged = await both.one.owner.rows<{ told: object }>({
      text: `select new_value as told from audit_event where action = 'settlement.compared' order by seq`,
    });
    expect(logged.map(({ told }) => told)).toEqual([
      expect.objectContaining({ state_differs: 1 }),
      expect.objectContaining({ state_differs: 1 }),
      expect.objectContaining({ decided_otherwise: 1 }),
    ]);
  });

  test('R212: by a file of the hub: missing on either side, another amount, another provider, not decided there', async () => {
    for (const amount of ['100', '200', '300', '400']) await hamimSends(amount);
    both.clock.advance(hourMs);
    const rows = await both.one.owner.rows<{ id: string; amount: string }>({
      text: `select transfer_id as id, (amount_minor / 100)::text as amount from scheme_transfer order by amount_minor`,
    });
    const idOfAmount = (amount: string) => rows.find((row) => row.amount === amount)?.id ?? '';
    const strange = 'b51ec534-ee48-4575-b6a9-ead2955b8069';
    const file = [
      'transfer_id,payer,payee,amount,currency,state,decided_at,payer_fee',
      `${idOfAmount('100')},one,two,100.00,KES,committed,2026-01-15T08:59:59Z,1.50`,
      `${idOfAmount('200')},one,two,200.01,KES,committed,2026-01-15T09:00:00Z,`,
      `${idOfAmount('300')},one,three,300.00,KES,pending,,`,
      `${strange},two,one,50.00,KES,committed,2026-01-15T09:00:00Z,`,
      `${strange.replace('b51', 'c51')},two,one,50.00,KES,aborted,2026-01-15T09:00:00Z,`,
    ].join('\n');
    expect((await reconcile(both.one, '--file', file)).ok).toBe(true);
    expect(await findings(both.one)).toEqual([
      { difference: 'amount_differs', ours: 'KES 200.00', theirs: 'KES 200.01' },
      { difference: 'provider_differs', ours: 'two', theirs: 'three' },
      { difference: 'missing_here', ours: 'none', theirs: 'committed KES 50.00' },
      { difference: 'missing_there', ours: 'committed KES 400.00', theirs: 'none' },
    ]);
    const pending = file.replace('three', 'two');
    expect((await reconcile(both.one, '--file', pending)).ok).toBe(true);
    expect(await findings(both.one, '2')).toContainEqual({
      ...{ difference: 'undecided_there', ours: 'committed', theirs: 'pending' },
    });
    const [position] = await rowsOf(both.one, 'positions', dayStart, ten);
    expect(position).toMatchObject({ "scheme's fees": 'KES 1.50 (1 of 4 told)' });
    expect(await reconcile(both.one, '--file', 'transfer_id\n')).toEqual(
      failed('statement_malformed', { problem: 'line 1, column payer: is missing' }),
    );
  });

  test('R212: decided there before the edge of a window and here behind it: no difference, and it is settled where they have it', async () => {
    both.wires.one.copies = (name) => (name === 'onTransferOutcome' ? 0 : 1);
    both.clock.advance(hourMs - 5_000); // 09:59:55
    await hamimSends('1000');
    both.clock.advance(10_000);
    both.wires.one.copies = () => 1;
    await both.settle(); // here it is decided at 10:00:05
    both.clock.advance(hourMs);
    const decided = `select to_char(decided_at at time zone 'UTC', 'HH24:MI:SS') as at from scheme_transfer`;
    expect(await both.one.owner.one({ text: decided })).toEqual({ at: '10:00:05' });
    expect((await reconcile(both.one)).ok).toBe(true);
    expect(await findings(both.one)).toEqual([]);
    expect((await typeAs(both.one, 'goma', ['reconcile', ten, '2026-01-15T11:00:00Z'])).ok).toBe(true);
    expect(await findings(both.one, '2')).toEqual([]);
    expect((await propose(both.one, ten, 'paid', '1000')).ok).toBe(true);
    expect((await approve(both.one)).ok).toBe(true);
  });

  test('R212: money on the clearing account that no transfer explains is named', async () => {
    await hamimSends('1000');
    both.clock.advance(hourMs);
    const { ledger, db } = both.one.services;
    const chart = chartOf('KES');
    const account = await both.one.services.accounts.primaryOf(db, await idOf(both.one, hamimsPhone));
    assert(account, 'Hamim has one');
    const [posted] = await ledger.post([
      {
        ...{ kind: 'transfer', transferId: '019bc119-0000-7000-8000-000000000002' },
        legs: [
          { debitAccountId: account.accountId, creditAccountId: chart.clearing, amountMinor: 7n, code: 'transit' },
        ],
      },
    ]);
    expect(posted?.ok).toBe(true);
    expect((await reconcile(both.one)).ok).toBe(true);
    expect(await findings(both.one)).toEqual([
      { difference: 'clearing_differs', ours: 'KES 1,000.07', theirs: 'KES 1,000.00' },
    ]);
  });

  test('R96, R207: what the scheme took is booked apart, out of our income, and owed no more', async () => {
    await hamimSends('1000');
    both.clock.advance(hourMs);
    const { id } = await both.one.owner.one<{ id: string }>({ text: 'select transfer_id as id from scheme_transfer' });
    const file = `transfer_id,payer,payee,amount,currency,state,payer_fee\n${id},one,two,1000,KES,committed,2.50\n`;
    expect((await reconcile(both.one, '--file', file)).ok).toBe(true);
    expect(await propose(both.one, ten, 'paid', '1002.50')).toEqual(
      failed('settlement_differs', { problem: 'paid KES 1,000.00; the scheme has told of fees of KES 2.50' }),
    );
    const { ledger, db } = both.one.services;
    const income = async () => (await ledger.balance(db, chartOf('KES').feeIncome))?.postedMinor ?? 0n;
    const before = await income();
    expect((await propose(both.one, ten, 'paid', '1002.50', '--fees', '2.50')).ok).toBe(true);
    expect((await approve(both.one)).ok).toBe(true);
    expect(await income()).toBe(before - 250n);
    expect(await owed(both)).toEqual([0n, -100_000n]);
    const [settled] = await rowsOf(both.one, 'settlements');
    expect(settled).toMatchObject({ "scheme's fees": 'KES 2.50', 'paid at the bank': 'KES 1,002.50', differs: '' });
    expect((await reconcile(both.one)).ok).toBe(true);
    expect(await findings(both.one, '2')).toEqual([]);
  });

  test('the bank moved another amount than our books say: what is left stays on the clearing account, and is no surprise', async () => {
    await hamimSends('1000');
    both.clock.advance(hourMs);
    expect((await propose(both.one, ten, 'paid', '1200', '--differs', 'yes')).ok).toBe(true);
    expect((await approve(both.one)).ok).toBe(true);
    expect(await owed(both)).toEqual([-20_000n, -100_000n]);
    expect(await rowsOf(both.one, 'settlements')).toEqual([expect.objectContaining({ differs: 'KES -200.00' })]);
    expect((await reconcile(both.one)).ok).toBe(true);
    expect(await findings(both.one)).toEqual([]);
  });

  test.each([
    [['2026-01-15T08:00:00Z', '2026-01-15T08:00:00Z'], 'its end must come after its beginning'],
    [[dayStart, '2026-01-16T00:00:00Z'], 'it must be over'],
  ])('a window that is none is refused: %j', async (window, problem) => {
    expect(await typeAs(both.one, 'goma', ['reconcile', ...window])).toEqual(failed('window_malformed', { problem }));
  });
});

describe('a scheme that', () => {
  const alone = async (statement: SwitchAdapter['statement']): Promise<World> => {
    const adapter = createLoopbackHub({ now: () => new Date(), onError: () => undefined }).adapterFor('starhash');
    return createWorld({ seed: 'alone', empty: true, adapter: { ...adapter, statement } });
  };
  test.each([
    ['has no statement: a file is asked for', () => Promise.resolve(undefined), 'statement_none'],
    ["can't be reached", () => Promise.reject(new Error('connect ECONNREFUSED')), 'statement_away'],
  ])('%s', async (_what, statement, error) => {
    const world = await alone(statement);
    const asked = await typeAs(world, 'goma', ['reconcile', dayStart, '2026-01-15T08:00:00Z']);
    expect(asked).toEqual(failed(error));
    expect(await rowsOf(world, 'reconciliations')).toEqual([]);
    await world.close();
  });
});
