import type { Msisdn } from '../../../src/platform';
import { createWorld, type World } from '../../support/world';

/** What a forged hop asks of the services although no menu offers it, and what many hops at once do to a person's accounts. */
const pins: Readonly<Record<string, string>> = { hamim: '4071', kani: '8305', amina: '9462' };
const phones = { hamim: '+254700000001', kani: '+254700000002', amina: '+254700000009' } as const;
type Who = keyof typeof phones;

describe('accounts, asked directly', () => {
  let world: World;
  let hops = 0;
  let ids: Record<Who, string>;
  beforeEach(async () => {
    world = await createWorld();
    const idOf = async (who: Who) => (await world.services.identity.byMsisdn(phones[who] as Msisdn))?.customerId ?? '';
    ids = { hamim: await idOf('hamim'), kani: await idOf('kani'), amina: await idOf('amina') };
  });
  afterEach(() => world.close());

  const proof = (who: Who) => ({ customerId: ids[who], pin: pins[who] ?? '', hopKey: `hop ${(hops += 1)}` });
  const heldBy = (who: Who) => world.services.accounts.of(world.owner, ids[who]);
  const mainOf = async (who: Who) => (await world.services.accounts.primaryOf(world.owner, ids[who]))?.accountId ?? '';
  const add = async (who: Who, name: string, isPrimary = false) => {
    const accountId = await world.services.accounts.newNumber();
    const done = await world.services.accounts.open({ ...proof(who), accountId, name, isPrimary });
    return { accountId, done };
  };
  async function share(rank: 'signatory' | 'viewer'): Promise<string> {
    const accountId = await mainOf('hamim');
    const candidate = { userNumber: '10000024' };
    const added = await world.services.accounts.addHolder({ ...proof('hamim'), accountId, candidate, rank });
    expect(added.ok).toBe(true);
    return accountId;
  }

  test('R9, R23, R28, R34, R36, R40: a viewer changes nothing, whatever they ask for', async () => {
    const { accounts } = world.services;
    const accountId = await share('viewer');
    const asked = () => ({ ...proof('kani'), accountId });
    const candidate = { msisdn: phones.amina as Msisdn };
    const answers = [
      await accounts.close(asked()),
      await accounts.rename({ ...asked(), name: 'Mine' }),
      await accounts.makePrimary(asked()),
      await accounts.addHolder({ ...asked(), candidate, rank: 'signatory' }),
      await accounts.removeHolder({ ...asked(), holderId: ids.hamim }),
      await accounts.rankHolder({ ...asked(), holderId: ids.kani, rank: 'signatory' }),
    ];
    expect(answers).toEqual(answers.map(() => ({ ok: false, error: 'account_viewed' })));
  });

  test('R14, R21: somebody who does not hold an account can neither see, switch to nor change it', async () => {
    const { accounts } = world.services;
    const accountId = await mainOf('hamim');
    const gone = { ok: false, error: 'account_gone' };
    expect(await accounts.switchTo({ customerId: ids.kani, accountId })).toEqual(gone);
    expect(await accounts.info({ customerId: ids.kani, accountId })).toEqual(gone);
    expect(await accounts.close({ ...proof('kani'), accountId })).toEqual(gone);
    expect(await accounts.open({ ...proof('kani'), accountId, name: 'Mine', isPrimary: true })).toEqual(gone);
  });

  test('R35: a viewer, and R29: a holder who was removed after the price was shown, move no money', async () => {
    const { accounts, payments } = world.services;
    const accountId = await share('signatory');
    const to = { msisdn: phones.amina as Msisdn };
    const request = { product: 'send', initiatorId: ids.kani, accountId, to, amountMinor: 1_000n } as const;
    const quote = await payments.quote(request);
    if (!quote.ok) throw new Error(quote.error);
    expect((await accounts.removeHolder({ ...proof('hamim'), accountId, holderId: ids.kani })).ok).toBe(true);
    const { quoteId } = quote.value;
    expect(await payments.submit({ ...proof('kani'), quoteId })).toMatchObject({ ok: false, error: 'not_signatory' });
    await share('viewer');
    expect(await payments.quote(request)).toMatchObject({ ok: false, error: 'not_signatory' });
    expect((await world.services.ledger.balance(world.owner, accountId))?.postedMinor).toBe(500_000n);
  });

  test('R12: an account in which money is held stays open', async () => {
    const { accounts, payments } = world.services;
    const { accountId } = await add('hamim', 'Second');
    const request = { product: 'send', initiatorId: ids.hamim, to: { accountId }, amountMinor: 10_000n } as const;
    const moved = await payments.quote(request);
    if (!moved.ok) throw new Error(moved.error);
    expect((await payments.submit({ ...proof('hamim'), quoteId: moved.value.quoteId })).ok).toBe(true);
    const target = { msisdn: phones.kani as Msisdn };
    const held = await payments.quote({ ...request, to: target, accountId, amountMinor: 1_000n, held: true });
    if (!held.ok) throw new Error(held.error);
    expect((await payments.submit({ ...proof('hamim'), quoteId: held.value.quoteId })).ok).toBe(true);
    const refused = await accounts.close({ ...proof('hamim'), accountId });
    expect(refused).toEqual({ ok: false, error: 'account_reserved' });
  });

  test('R67, R68: a commission account is not closed, made primary, renamed or shared', async () => {
    const { accounts } = world.services;
    const accountId = (await heldBy('amina')).find(({ purpose }) => purpose === 'commission')?.accountId ?? '';
    const asked = () => ({ ...proof('amina'), accountId });
    const answers = [
      await accounts.close(asked()),
      await accounts.makePrimary(asked()),
      await accounts.rename({ ...asked(), name: 'Mine' }),
      await accounts.addHolder({ ...asked(), candidate: { userNumber: '10000024' }, rank: 'viewer' }),
    ];
    expect(answers).toEqual(answers.map(() => ({ ok: false, error: 'account_commission' })));
  });

  test('R27, R31, R33: the owner is neither removed nor ranked, by nobody', async () => {
    const { accounts } = world.services;
    const accountId = await share('signatory');
    for (const who of ['hamim', 'kani'] as const) {
      const asked = { accountId, holderId: ids.hamim };
      expect(await accounts.removeHolder({ ...proof(who), ...asked })).toEqual({ ok: false, error: 'holder_owner' });
      const ranked = await accounts.rankHolder({ ...proof(who), ...asked, rank: 'viewer' });
      expect(ranked).toEqual({ ok: false, error: 'holder_owner' });
    }
  });

  test('R30: who loses the account that was their primary has the oldest that remains', async () => {
    const { accounts } = world.services;
    const accountId = await share('signatory');
    const own = await mainOf('kani');
    world.clock.advance(1_000);
    await add('kani', 'Later');
    expect((await accounts.makePrimary({ ...proof('kani'), accountId })).ok).toBe(true);
    expect(await mainOf('kani')).toBe(accountId);
    expect((await accounts.rankHolder({ ...proof('hamim'), accountId, holderId: ids.kani, rank: 'viewer' })).ok).toBe(
      true,
    );
    expect(await mainOf('kani')).toBe(own);
    await accounts.rankHolder({ ...proof('hamim'), accountId, holderId: ids.kani, rank: 'signatory' });
    await accounts.makePrimary({ ...proof('kani'), accountId });
    expect((await accounts.removeHolder({ ...proof('hamim'), accountId, holderId: ids.kani })).ok).toBe(true);
    expect(await mainOf('kani')).toBe(own);
  });

  test('R3: the same number opens one account, however often it is asked for', async () => {
    const { accounts } = world.services;
    const accountId = await accounts.newNumber();
    const answers = await Promise.all(
      [1, 2, 3].map(() => accounts.open({ ...proof('kani'), accountId, name: 'Once', isPrimary: false })),
    );
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect((await heldBy('kani')).map(({ name }) => name)).toEqual(['Main', 'Once']);
  });

  test('R7: two people may call their accounts alike, and each reaches their own', async () => {
    const { accounts } = world.services;
    const opened: string[] = [];
    for (const who of ['hamim', 'kani'] as const) {
      const accountId = await accounts.newNumber();
      expect((await accounts.open({ ...proof(who), accountId, name: 'Shop', isPrimary: false })).ok).toBe(true);
      opened.push(accountId);
    }
    const shopOf = async (who: Who) => (await heldBy(who)).filter(({ name }) => name === 'Shop');
    expect([...(await shopOf('hamim')), ...(await shopOf('kani'))].map(({ accountId }) => accountId)).toEqual(opened);
  });

  test('R20: however many add, close, share and change at once, everybody has one primary account', async () => {
    const { accounts } = world.services;
    const random = createRandom(20);
    for (let round = 0; round < 8; round += 1) {
      const known = [...(await heldBy('hamim')), ...(await heldBy('kani'))].map(({ accountId }) => accountId);
      const pick = () => known[random(known.length)] ?? '';
      const who = (): Who => (random(2) === 0 ? 'hamim' : 'kani');
      const other = () => ids[who()];
      const acts = [
        () => add(who(), `Account ${round}`, random(2) === 0),
        () => accounts.makePrimary({ ...proof(who()), accountId: pick() }),
        () => accounts.close({ ...proof(who()), accountId: pick() }),
        () => accounts.removeHolder({ ...proof(who()), accountId: pick(), holderId: other() }),
        () => accounts.rankHolder({ ...proof(who()), accountId: pick(), holderId: other(), rank: 'viewer' }),
        () => {
          const candidate = { msisdn: phones[who()] as Msisdn };
          return accounts.addHolder({ ...proof(who()), accountId: pick(), candidate, rank: 'signatory' });
        },
      ];
      await Promise.all(Array.from({ length: 12 }, async () => acts[random(acts.length)]?.()));
      for (const person of ['hamim', 'kani'] as const) {
        expect((await heldBy(person)).filter(({ isPrimary }) => isPrimary)).toHaveLength(1);
      }
    }
    expect((await world.services.ledger.verify(world.owner)).deviation).toBeUndefined();
  });
});

/** The same numbers below `max`, in the same order, every time. */
function createRandom(seed: number): (max: number) => number {
  let state = seed;
  return (max) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * max);
  };
}
