import { openShop, type Shop, type Someone } from './shop';

/** Who may ask whom for how much, whatever a menu showed or a forged hop says. */
describe('sending an invoice', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await shop.world.close();
  });

  const send = async (seller: Someone, accountId: string, change: { buyerId?: string; amountMinor?: bigint } = {}) => {
    const { invoices } = shop.world.services;
    const order = { invoiceId: invoices.newId(), sellerId: seller.customerId, accountId, note: '', hopKey: 'hop' };
    const sent = await invoices.send({ ...order, amountMinor: 10_000n, buyerId: shop.hamim.customerId, ...change });
    return sent.ok ? sent.value.state : sent.error;
  };
  const count = async (table: string) =>
    (await shop.world.owner.one<{ n: bigint }>({ text: `select count(*) as n from ${table}` })).n;

  test('R65: a customer and an agent send none, from their own account or from the merchant’s', async () => {
    const { kani, amina, juma } = shop;
    for (const forger of [kani, amina]) {
      expect(await send(forger, forger.accountId)).toBe('not_allowed');
      expect(await send(forger, juma.accountId)).toBe('not_allowed');
      const { invoices } = shop.world.services;
      const order = { invoiceId: invoices.newId(), sellerId: forger.customerId, accountId: juma.accountId };
      const rest = { amountMinor: 1n, note: '', hopKey: 'hop', type: 'product' as const };
      expect(await invoices.makeCode({ ...order, ...rest })).toEqual({ ok: false, error: 'not_allowed' });
      const ask = { sellerId: forger.customerId, accountId: juma.accountId, number: '10000016' };
      expect(await invoices.lookUpBuyer(ask)).toEqual({ ok: false, error: 'not_allowed' });
      expect(await invoices.sentFrom({ ...forger, accountId: juma.accountId, types: ['standard'] })).toMatchObject({
        error: 'not_allowed',
      });
    }
    expect(await count('invoice')).toBe(0n);
  });

  test('R37: a holder without signature sells on the merchant’s account, until they are removed', async () => {
    const { kani, juma, world } = shop;
    await world.owner.run({
      text: `insert into account_holder (account_id, customer_id, rank, is_primary, since) values ($1, $2, 'viewer', false, now())`,
      values: [juma.accountId, kani.customerId],
    });
    expect(await send(kani, juma.accountId)).toBe('pending');
    const invoice = (await world.services.invoices.waiting(shop.hamim.customerId))[0]?.invoice;
    expect(invoice).toMatchObject({ issuedBy: kani.customerId, ownerId: juma.customerId, accountId: juma.accountId });
    await world.owner.run({
      text: 'delete from account_holder where customer_id = $1 and rank = $2',
      values: [kani.customerId, 'viewer'],
    });
    expect(await send(kani, juma.accountId)).toBe('not_allowed');
  });

  test('R115, R116: for nothing, for less, or for more than can be paid: refused', async () => {
    const { juma } = shop;
    for (const amountMinor of [0n, -1n, -10_000n, 10n ** 15n]) {
      expect(await send(juma, juma.accountId, { amountMinor })).toBe('amount_invalid');
    }
    expect(await count('invoice')).toBe(0n);
  });

  test('R117: to nobody, to somebody who has left, and to oneself: refused', async () => {
    const { juma, world } = shop;
    expect(await send(juma, juma.accountId, { buyerId: '01900000-0000-7000-8000-000000000000' })).toBe('payee_unknown');
    expect(await send(juma, juma.accountId, { buyerId: juma.customerId })).toBe('payee_self');
    const { closing, identity } = world.services;
    const wanjiru = await identity.byUserNumber('10000032'); // who has no money
    const left = { customerId: wanjiru?.customerId ?? '', pin: '6193', hopKey: 'leave' };
    expect((await closing.close(left)).ok).toBe(true);
    expect(await send(juma, juma.accountId, { buyerId: left.customerId })).toBe('payee_unknown');
    const { invoices } = world.services;
    for (const number of ['10000057', '+254700000005']) {
      expect(
        await invoices.lookUpBuyer({ sellerId: juma.customerId, accountId: juma.accountId, number }),
      ).toMatchObject({
        error: 'payee_self',
      });
    }
  });

  test('R118: pending at both sides at once; delivered twice, it is one; another order under its id is refused', async () => {
    const { juma, hamim, kani } = shop;
    const { invoices } = shop.world.services;
    const order = { invoiceId: invoices.newId(), sellerId: juma.customerId, accountId: juma.accountId, note: 'Tea' };
    const whole = { ...order, amountMinor: 10_000n, buyerId: hamim.customerId, hopKey: 'hop' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => invoices.send(whole)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.ok && answer.value.code))).size).toBe(1);
    expect(await count('invoice')).toBe(1n);
    expect(await count(`audit_event where action = 'invoice.issued'`)).toBe(1n);
    expect(await invoices.send({ ...whole, buyerId: kani.customerId })).toMatchObject({ error: 'not_allowed' });
    expect(await invoices.send({ ...whole, amountMinor: 20_000n })).toMatchObject({ error: 'not_allowed' });
    expect((await invoices.waiting(hamim.customerId)).map(({ name, invoice }) => [name, invoice.note])).toEqual([
      ['Juma Mwangi', 'Tea'],
    ]);
    const sent = await invoices.sentFrom({ ...juma, types: ['standard'] });
    expect(sent.ok && sent.value.map(({ invoice, buyer }) => [invoice.state, buyer])).toEqual([
      ['pending', { name: 'Hamim Juma', userNumber: '10000016' }],
    ]);
  });

  test('R126: whatever the merchant is shown or texted of a sale names the buyer’s user number, and no phone', async () => {
    const { juma, hamim, world } = shop;
    const paid = await shop.send();
    expect(await shop.pay(hamim, paid.invoiceId)).toBe('paid');
    const refused = await shop.send();
    const decision = { invoiceId: refused.invoiceId, customerId: hamim.customerId, hopKey: 'hop' };
    expect((await world.services.invoices.reject(decision)).ok).toBe(true);
    await shop.send();
    world.clock.advance(25 * 3_600_000);
    await world.settle();
    const told = world.sms.sent.filter(({ to }) => to === juma.msisdn).map(({ body }) => body);
    expect(told).toHaveLength(3);
    expect(told.every((body) => body.includes('10000016') && !body.includes('700000001'))).toBe(true);
    const shown = JSON.stringify(
      await world.services.invoices.sentFrom({ ...juma, types: ['standard'] }),
      (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    );
    expect(shown).toContain('10000016');
    expect(shown).not.toContain('700000001');
  });

  test('nobody is pestered: nine open invoices of one shop, then it must wait', async () => {
    const { juma, kani } = shop;
    for (let sent = 0; sent < 9; sent += 1) expect(await send(juma, juma.accountId)).toBe('pending');
    expect(await send(juma, juma.accountId)).toBe('invoices_too_many');
    expect(await send(juma, juma.accountId, { buyerId: kani.customerId })).toBe('pending');
  });
});
