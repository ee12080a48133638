import { assert, err, ok, type Msisdn } from '../../../src/platform';
import { openShop, type Shop, type Someone } from './shop';

/** B23: a shop's number, and several who sell there, each by their own PIN, with their own limit, on record. */
describe('a till', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(async () => {
    const { ledger, db } = shop.world.services;
    expect((await ledger.verify(db)).deviation).toBeUndefined();
    jest.restoreAllMocks();
    await shop.world.close();
  });

  let hops = 0;
  const order = ({ customerId, accountId }: Pick<Someone, 'customerId' | 'accountId'>) => ({
    ...{ customerId, accountId, pin: '0000', hopKey: `till-${(hops += 1)}` },
  });
  const open = async () => {
    const opened = await shop.world.services.invoices.openTill(order(shop.juma));
    return opened.ok ? opened.value.tillNumber : opened.error;
  };
  const hire = async (who: Someone, dayMaxMinor: bigint | null = null) => {
    const { invoices } = shop.world.services;
    const added = await invoices.addOperator({ ...order(shop.juma), operatorId: who.customerId, dayMaxMinor });
    return added.ok ? added.value.operatorNo : added.error;
  };
  const sell = async (seller: Someone, amountMinor: bigint, operator?: { operatorNo: number; pin: string }) => {
    const { invoices } = shop.world.services;
    const { accountId } = shop.juma;
    const draft = { invoiceId: invoices.newId(), sellerId: seller.customerId, accountId, note: '' };
    const buyerId = shop.hamim.customerId;
    const sent = await invoices.send({ ...draft, buyerId, amountMinor, operator, hopKey: `sell-${(hops += 1)}` });
    return sent.ok ? sent.value : sent.error;
  };
  const phoneOf = ({ msisdn }: Someone): Msisdn => {
    assert(msisdn, 'they have a phone');
    return msisdn;
  };
  const events = async (action: string) =>
    shop.world.owner.rows({ text: 'select actor_id, subject_id from audit_event where action = $1', values: [action] });

  test('an account has one number for good, and only a merchant’s has one', async () => {
    const first = await open();
    expect(first).toMatch(/^[1-9]\d{5}$/);
    expect(await Promise.all([open(), open()])).toEqual([first, first]);
    const { invoices } = shop.world.services;
    for (const who of [shop.hamim, shop.amina]) {
      expect(await invoices.openTill(order(who))).toMatchObject({ error: 'not_allowed' });
      expect(await invoices.openTill(order({ ...who, accountId: shop.juma.accountId }))).toMatchObject({
        error: 'not_allowed',
      });
    }
    expect(await events('till.opened')).toHaveLength(1);
  });

  test('dialled: the money reaches the till’s account; what is no till, or no merchant, is refused', async () => {
    const { hamim, juma, kani, world } = shop;
    const tillNumber = await open();
    const { invoices, payments } = world.services;
    const earned = await shop.available(juma);
    const quoted = await invoices.quoteAtShop({ ...hamim, shop: { tillNumber }, amountMinor: 5_000n, note: 'Table 5' });
    expect(quoted.ok).toBe(true);
    const quoteId = quoted.ok ? quoted.value.quoteId : '';
    const by = { customerId: hamim.customerId, pin: '0000', hopKey: 'pay' };
    const both = await Promise.all([payments.submit({ quoteId, ...by }), payments.submit({ quoteId, ...by })]);
    expect(both.every((paid) => paid.ok && paid.value.paymentId === quoteId)).toBe(true);
    const fee = both[0].ok ? both[0].value.payeeFeeMinor : 0n;
    expect(await shop.available(juma)).toBe(earned + 5_000n - fee);
    await world.settle();
    const receipt = world.sms.sent.find(({ to }) => to === juma.msisdn && !to.includes('till number'))?.body;
    expect(receipt).toBeDefined();
    expect(world.sms.sent.some(({ to, body }) => to === juma.msisdn && body.includes('Table 5'))).toBe(true);
    for (const number of [{ tillNumber: '100008' }, { userNumber: '99999999' }]) {
      expect(await invoices.findShop(number)).toEqual({ ok: false, error: 'payee_unknown' });
    }
    for (const number of [{ userNumber: kani.userNumber }, { msisdn: phoneOf(kani) }]) {
      expect(await invoices.findShop(number)).toEqual({ ok: false, error: 'payee_not_merchant' });
    }
    expect(await invoices.findShop({ msisdn: phoneOf(juma) })).toMatchObject({
      value: { accountId: juma.accountId },
    });
    expect(await invoices.findShop({ userNumber: juma.userNumber })).toMatchObject({
      value: { name: 'Juma Mwangi', accountId: juma.accountId },
    });
    expect(await invoices.quoteAtShop({ ...juma, shop: { tillNumber }, amountMinor: 1n, note: '' })).toMatchObject({
      error: 'payee_self',
    });
  });

  test('B23: an operator sells from their own phone, and on the shop’s by number and PIN; the sale is theirs', async () => {
    const { kani, juma, hamim, world } = shop;
    await open();
    expect(await sell(kani, 10_000n)).toBe('not_allowed');
    expect(await hire(kani)).toBe(2);
    expect(await hire(kani)).toBe('operator_known');
    const own = await sell(kani, 10_000n);
    expect(own).toMatchObject({ issuedBy: kani.customerId, operator: { operatorNo: 2 }, ownerId: juma.customerId });
    const { identity } = world.services;
    const verify = jest
      .spyOn(identity, 'verifyPin')
      .mockImplementation(({ pin }) => Promise.resolve(pin === '8305' ? ok(undefined) : err('pin_wrong', { left: 2 })));
    expect(await sell(juma, 10_000n, { operatorNo: 2, pin: '3917' })).toBe('pin_wrong');
    expect(await sell(juma, 10_000n, { operatorNo: 2, pin: '8305' })).toMatchObject({ issuedBy: kani.customerId });
    expect(verify.mock.calls.slice(-2).map(([{ customerId }]) => customerId)).toEqual([
      kani.customerId,
      kani.customerId,
    ]);
    expect(await sell(juma, 10_000n, { operatorNo: 3, pin: '8305' })).toBe('operator_unknown');
    expect(await sell(hamim, 10_000n, { operatorNo: 2, pin: '8305' })).toBe('not_allowed');
    verify.mockResolvedValue(ok(undefined));
    expect(await shop.pay(hamim, typeof own === 'string' ? '' : own.invoiceId)).toBe('paid');
    await world.settle();
    expect(
      world.sms.sent.some(({ to, body }) => to === kani.msisdn && body.includes('paid KES 100.00 to your shop')),
    ).toBe(true);
    const view = await world.services.invoices.viewTill(juma);
    expect(view.ok && view.value?.sold).toEqual([
      { sellerId: kani.customerId, name: 'Kani Achieng', count: 1, amountMinor: 10_000n, currency: 'KES' },
    ]);
  });

  test('B23: what an operator may not: see the till, the account, others’ sales; change anything; take money out', async () => {
    const { kani, juma, world } = shop;
    await open();
    await hire(kani);
    const { invoices, payments } = world.services;
    const mine = await sell(kani, 10_000n);
    const theirs = await shop.send();
    const at = { customerId: kani.customerId, accountId: juma.accountId };
    const sent = await invoices.sentFrom({ ...at, types: ['standard'] });
    expect(sent.ok && sent.value.map(({ invoice }) => invoice.issuedBy)).toEqual([kani.customerId]);
    const cancel = (invoiceId: string) => invoices.cancel({ invoiceId, customerId: kani.customerId, hopKey: 'hop' });
    expect(await cancel(theirs.invoiceId)).toMatchObject({ error: 'not_allowed' });
    expect(await cancel(typeof mine === 'string' ? '' : mine.invoiceId)).toMatchObject({ ok: true });
    expect(await invoices.viewTill(at)).toMatchObject({ error: 'not_allowed' });
    const hired = { ...order(at), operatorId: shop.hamim.customerId, dayMaxMinor: null };
    expect(await invoices.addOperator(hired)).toMatchObject({ error: 'not_allowed' });
    expect(await invoices.dropOperator({ ...order(at), operatorNo: 2 })).toMatchObject({ error: 'not_allowed' });
    const to = { customerId: shop.hamim.customerId };
    const taken = {
      product: 'send',
      initiatorId: kani.customerId,
      accountId: juma.accountId,
      to,
      amountMinor: 1n,
    } as const;
    expect((await payments.quote(taken)).ok).toBe(false);
    expect(await payments.statement({ ...at, pin: '0000', hopKey: 'hop' })).toMatchObject({ error: 'not_allowed' });
  });

  test('B23: a limit a day, kept under sales at once, and new at midnight', async () => {
    const { kani, world } = shop;
    await open();
    await hire(kani, 10_000n);
    const many = await Promise.all(Array.from({ length: 8 }, () => sell(kani, 3_000n)));
    expect(many.filter((sold) => typeof sold !== 'string')).toHaveLength(3);
    expect(many.filter((sold) => sold === 'operator_limit')).toHaveLength(5);
    expect(await sell(kani, 1_000n)).toMatchObject({ state: 'pending' });
    expect(await sell(kani, 1n)).toBe('operator_limit');
    world.clock.advance(16 * 3_600_000); // 9:00 UTC is noon in Nairobi: past midnight there, the same day in UTC + 1
    expect(await sell(kani, 3_000n)).toMatchObject({ state: 'pending' });
  });

  test('B23: one who is removed sells no more, under no number; the next has a new number; six at most', async () => {
    const { kani, amina, juma, world } = shop;
    await open();
    expect(await hire(kani)).toBe(2);
    const { invoices } = world.services;
    expect(await invoices.dropOperator({ ...order(juma), operatorNo: 2 })).toMatchObject({ ok: true });
    expect(await invoices.dropOperator({ ...order(juma), operatorNo: 2 })).toMatchObject({ error: 'operator_unknown' });
    expect(await sell(kani, 100n)).toBe('not_allowed');
    expect(await sell(juma, 100n, { operatorNo: 2, pin: '0000' })).toBe('operator_unknown');
    expect(await hire(amina)).toBe(3);
    expect(await hire(kani)).toBe(4);
    expect(await events('till.operator_added')).toHaveLength(3);
    expect(await events('till.operator_removed')).toHaveLength(1);
  });
});
