import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadNumbers, seedNumbers } from '../../../src/app';
import { assert, createLog, type Msisdn } from '../../../src/platform';
import { createCall, createWorld, type World } from '../../support/world';

/** B24; what each number forces is dialled in test/e2e/numbers.test.ts. */
describe('the numbers of the sandbox', () => {
  let world: World;
  afterEach(() => world.close());

  /** Seeds them, and returns what was logged. */
  async function seed(numbers?: Awaited<ReturnType<typeof loadNumbers>>): Promise<string[]> {
    const log = createLog('silent');
    const said: string[] = [];
    jest.spyOn(log, 'warn').mockImplementation((what: unknown) => void said.push(JSON.stringify(what)));
    await seedNumbers(world.services, numbers ?? (await loadNumbers()), log);
    return said;
  }
  const find = (msisdn: string) => world.services.identity.byMsisdn(msisdn as Msisdn);

  test.each(['GH', 'TZ', 'UG'])(
    'take their state in %s as well, at its own limits and in its own money',
    async (country) => {
      world = await createWorld({ environment: { COUNTRY: country } });
      expect(await seed()).toEqual([]);
      const { accounts, ledger, rules, db, clock } = world.services;
      const full = await find('+254700000104');
      assert(full, 'the number is there');
      const held = await accounts.primaryOf(db, full.customerId);
      const balance = await ledger.balance(db, held?.accountId ?? '');
      const party = { role: 'customer', tier: full.tier } as const;
      const asked = { direction: 'in', party, product: 'send', channel: 'ussd', at: clock.now() } as const;
      const highest = rules.limits(asked).find(({ scope }) => scope === 'all')?.balanceMaxMinor;
      expect(highest).toBeGreaterThan(0n);
      expect(balance?.postedMinor).toBe(highest);
    },
  );

  test('the day after, a start uses up that day too, and asks again for what has expired', async () => {
    world = await createWorld();
    expect(await seed()).toEqual([]);
    world.clock.advance(24 * 3_600_000);
    await world.settle();
    const invoices = async () =>
      (await world.services.invoices.waiting((await find('+254700000111'))?.customerId ?? '')).length;
    expect(await invoices()).toBe(0);
    expect(await seed()).toEqual([]);
    expect(await invoices()).toBe(1);
    const call = createCall(world, '+254700000105');
    await call.dial();
    for (const typed of ['1', '0700000002', '1']) await call.answer(typed);
    expect(await call.answer('3748')).toContain('You can still pay KES 0.00.');
  });

  test('whose phone it is by now keeps it, in no state but their own; the others are made', async () => {
    world = await createWorld();
    const [frozen, ...others] = await loadNumbers();
    assert(frozen?.state, 'the first one is frozen');
    const theirs = { ...frozen, userNumber: '20000014', firstName: 'Subira', state: undefined };
    await seed([theirs]);
    expect(await seed([frozen, ...others])).toEqual([expect.stringContaining(frozen.msisdn)]);
    expect(await find(frozen.msisdn)).toMatchObject({ firstName: 'Subira' });
    const { customerId = '' } = (await find(frozen.msisdn)) ?? {};
    expect(await world.services.freezes.standing(world.services.db, customerId)).toEqual([]);
    expect(await find('+254700000115')).toBeDefined();
  });

  test('a state that cannot be made is logged, and keeps nobody else from theirs', async () => {
    world = await createWorld();
    const numbers = (await loadNumbers()).map((one) =>
      one.state?.is === 'asked' ? { ...one, state: { ...one.state, by: '20000014' } } : one,
    );
    expect(await seed(numbers)).toEqual([expect.stringContaining('nobody sells under 20000014')]);
    const { customerId = '' } = (await find('+254700000101')) ?? {};
    expect(await world.services.freezes.standing(world.services.db, customerId)).toHaveLength(1);
  });
});

describe('sims/numbers.json', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'starhash-numbers-'))));
  afterEach(() => rm(folder, { recursive: true }));

  test.each([
    [{ pin: '12' }, '1.pin: must be 4 to 6 digits'],
    [{ balance: 'much' }, '1.balance: must be an amount such as 5000.00, highest, or 6 days'],
    [{ msisdn: '0700000101' }, '1.msisdn: must be a phone number such as +254700000001'],
    [{ userNumber: '10001023' }, '1.userNumber: must be eight digits, the last their check digit'],
    [{ state: { is: 'rich' } }, '1.state.is: must be frozen, locked, spent, asked or till'],
    [{ state: { is: 'frozen', side: 'left' } }, '1.state.side: must be debit, credit or all'],
    [{ statee: {} }, '1: Unrecognized key: "statee"'],
  ])('%j is refused by the name of its field', async (wrong, complaint) => {
    const [one, other] = await loadNumbers();
    await writeFile(path.join(folder, 'numbers.json'), JSON.stringify([one, { ...other, ...wrong }]));
    await expect(loadNumbers(folder)).rejects.toThrow(`sims/numbers.json: ${complaint}`);
  });
});
