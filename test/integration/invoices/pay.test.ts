import { openShop, type Shop } from './shop';

/** An invoice is paid once, by its buyer, in time, or not at all. */
describe('paying an invoice', () => {
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

  const paymentsOf = async (invoiceId: string) =>
    shop.world.owner.rows<{ state: string; failure: string | null }>({
      text: 'select state, failure from payment where subject_id = $1',
      values: [invoiceId],
    });

  test('R119: money and fee leave the approver’s account, the principal reaches the sender', async () => {
    const { hamim, juma, world } = shop;
    const before = [await shop.available(hamim), await shop.available(juma)];
    const { invoiceId } = await shop.send({ amountMinor: 20_000n });
    const { quoteId, ...by } = await shop.quote(hamim, invoiceId);
    const paid = await world.services.payments.submit({ quoteId, ...by });
    expect(paid).toMatchObject({ ok: true, value: { state: 'completed', product: 'purchase', subjectId: invoiceId } });
    const [fee, payeeFee] = paid.ok ? [paid.value.feeMinor, paid.value.payeeFeeMinor] : [0n, 0n];
    expect(await shop.available(hamim)).toBe((before[0] ?? 0n) - 20_000n - fee);
    expect(await shop.available(juma)).toBe((before[1] ?? 0n) + 20_000n - payeeFee);
    expect(await world.services.invoices.find(invoiceId)).toMatchObject({ state: 'paid', paymentId: quoteId });
  });

  test('R120: beyond the balance: an error, and it stays pending; paid later, with a quote of its own', async () => {
    const { kani, hamim, world } = shop;
    const { invoiceId } = await shop.send({ buyer: kani, amountMinor: 120_000n }); // she has just that, and no fee
    const first = await shop.pay(kani, invoiceId);
    const spare = await shop.available(kani);
    if (first === 'paid') {
      expect(spare).toBe(0n); // this market charges buyers nothing
    }
    const dearer = await shop.send({ buyer: kani, amountMinor: 300_000n });
    expect(await shop.pay(kani, dearer.invoiceId)).toBe('funds_insufficient');
    expect(await shop.pay(kani, dearer.invoiceId)).toBe('funds_insufficient');
    expect(await shop.stateOf(dearer.invoiceId)).toBe('pending');
    expect((await world.services.invoices.waiting(kani.customerId)).map(({ invoice }) => invoice.invoiceId)).toContain(
      dearer.invoiceId,
    );
    const { payments } = world.services;
    const { customerId: initiatorId, accountId } = hamim;
    const to = { customerId: kani.customerId };
    const gift = await payments.quote({ product: 'send', initiatorId, accountId, to, amountMinor: 350_000n });
    expect(gift.ok).toBe(true);
    const quoteId = gift.ok ? gift.value.quoteId : '';
    expect((await payments.submit({ quoteId, customerId: initiatorId, pin: '0000', hopKey: 'gift' })).ok).toBe(true);
    expect(await shop.pay(kani, dearer.invoiceId)).toBe('paid');
    expect((await paymentsOf(dearer.invoiceId)).map(({ state }) => state).sort()).toEqual([
      'completed',
      'failed',
      'failed',
    ]);
  });

  test('R122: whoever is asked can pay or refuse, an agent and another merchant too', async () => {
    const { amina, kani, world } = shop;
    const toAgent = [await shop.send({ buyer: amina }), await shop.send({ buyer: amina })];
    expect(await shop.pay(amina, toAgent[0]?.invoiceId ?? '')).toBe('paid');
    const { invoices } = world.services;
    const decision = { customerId: amina.customerId, hopKey: 'hop' };
    expect(await invoices.reject({ invoiceId: toAgent[1]?.invoiceId ?? '', ...decision })).toMatchObject({ ok: true });
    await world.owner.run({
      text: `update customer set role = 'merchant' where customer_id = $1`,
      values: [kani.customerId],
    });
    const toMerchant = await shop.send({ buyer: kani });
    expect(await shop.pay(kani, toMerchant.invoiceId)).toBe('paid');
  });

  test('R123: fifty approvals at once, each with a quote of its own, pay once', async () => {
    const { hamim, juma, world } = shop;
    const [before, earned] = [await shop.available(hamim), await shop.available(juma)];
    const { invoiceId } = await shop.send({ amountMinor: 1_000n });
    const submissions = await Promise.all(Array.from({ length: 50 }, () => shop.quote(hamim, invoiceId)));
    const outcomes = await Promise.all(submissions.map((one) => world.services.payments.submit(one)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const refused = outcomes.filter((outcome) => !outcome.ok).map(({ error }) => error);
    expect(refused).toEqual(Array.from({ length: 49 }, () => 'invoice_gone'));
    const paid = outcomes.find((outcome) => outcome.ok)?.value;
    expect(await shop.available(hamim)).toBe(before - 1_000n - (paid?.feeMinor ?? 0n));
    expect(await shop.available(juma)).toBe(earned + 1_000n - (paid?.payeeFeeMinor ?? 0n));
    expect((await paymentsOf(invoiceId)).filter(({ state }) => state === 'completed')).toHaveLength(1);
    await world.settle();
    expect(world.sms.sent.filter(({ body }) => body.includes('paid you'))).toHaveLength(1);
    // Any of them again, and a fifty-first: nothing more.
    const again = await Promise.all(submissions.map((one) => world.services.payments.submit(one)));
    expect(again.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await shop.pay(hamim, invoiceId)).toBe('invoice_gone');
  });

  test('R124, R125: cancelled, refused, paid or expired: nobody pays it, not even with a quote from before', async () => {
    const { hamim, juma, world } = shop;
    const { invoices, payments } = world.services;
    const before = await shop.available(hamim);
    const ends: Readonly<Record<string, (invoiceId: string) => Promise<unknown>>> = {
      cancelled: (invoiceId) => invoices.cancel({ invoiceId, customerId: juma.customerId, hopKey: 'hop' }),
      rejected: (invoiceId) => invoices.reject({ invoiceId, customerId: hamim.customerId, hopKey: 'hop' }),
    };
    for (const [state, end] of Object.entries(ends)) {
      const { invoiceId } = await shop.send();
      const submission = await shop.quote(hamim, invoiceId);
      await end(invoiceId);
      expect(await shop.stateOf(invoiceId)).toBe(state);
      expect(await payments.submit(submission)).toMatchObject({ ok: false, error: 'invoice_gone' });
      expect(await shop.pay(hamim, invoiceId)).toBe('invoice_gone');
      expect(await invoices.reject({ invoiceId, customerId: hamim.customerId, hopKey: 'other' })).toMatchObject({
        ok: state === 'rejected',
      });
      expect(await invoices.cancel({ invoiceId, customerId: juma.customerId, hopKey: 'other' })).toMatchObject({
        ok: state === 'cancelled',
      });
      expect((await invoices.waiting(hamim.customerId)).map(({ invoice }) => invoice.invoiceId)).not.toContain(
        invoiceId,
      );
    }
    expect(await shop.available(hamim)).toBe(before);
  });

  test('R125: time runs out between the quote and the payment: refused by the database; the sweeper tells the seller', async () => {
    await shop.world.close();
    jest.restoreAllMocks();
    shop = await openShop({ INVOICE_TTL_MS: '60000' });
    const { hamim, juma, world } = shop;
    const { invoiceId } = await shop.send();
    const submission = await shop.quote(hamim, invoiceId);
    world.clock.advance(60_000);
    expect(await world.services.payments.submit(submission)).toMatchObject({ ok: false, error: 'invoice_gone' });
    expect(await world.services.invoices.waiting(hamim.customerId)).toEqual([]);
    expect(await Promise.all([world.services.invoices.expireDue(), world.services.invoices.expireDue()])).toBeDefined();
    expect(await shop.stateOf(invoiceId)).toBe('expired');
    await world.settle();
    const told = world.sms.sent.filter(({ to }) => to === juma.msisdn);
    expect(told.map(({ body }) => body)).toEqual([expect.stringContaining('did not pay KES 100.00 in time')]);
    expect(await shop.pay(hamim, invoiceId)).toBe('invoice_gone');
  });

  test('R125: paid and cancelled at the same moment: one of them, never both, and both are told the truth', async () => {
    const { hamim, juma, world } = shop;
    const { invoices, payments } = world.services;
    const seen = new Set<string | undefined>();
    for (let round = 0; round < 12; round += 1) {
      const { invoiceId } = await shop.send({ amountMinor: 100n });
      const submission = await shop.quote(hamim, invoiceId);
      const cancelling = () => invoices.cancel({ invoiceId, customerId: juma.customerId, hopKey: `c${round}` });
      const both = [() => payments.submit(submission), cancelling];
      if (round % 2 === 1) both.reverse();
      const outcomes = await Promise.all(both.map((act) => act()));
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      const state = await shop.stateOf(invoiceId);
      const done = (await paymentsOf(invoiceId)).filter((one) => one.state === 'completed');
      expect(done).toHaveLength(state === 'paid' ? 1 : 0);
      seen.add(state);
    }
    expect(Array.from(seen).every((state) => state === 'paid' || state === 'cancelled')).toBe(true);
  });

  test('R131: a product stays payable after it was paid, until it is stopped', async () => {
    const { hamim, kani, amina, juma, world } = shop;
    const { invoiceId, code } = await shop.makeCode('product', 500n);
    for (const buyer of [hamim, kani, amina, hamim]) expect(await shop.pay(buyer, invoiceId)).toBe('paid');
    const many = await Promise.all(Array.from({ length: 10 }, () => shop.quote(hamim, invoiceId)));
    const outcomes = await Promise.all(many.map((one) => world.services.payments.submit(one)));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(await shop.stateOf(invoiceId)).toBe('pending');
    const { n } = await world.owner.one<{ n: bigint }>({
      text: 'select count(*) as n from sale where invoice_id = $1 and payment_id is not null',
      values: [invoiceId],
    });
    expect(n).toBe(14n);
    const late = await shop.quote(kani, invoiceId);
    await world.services.invoices.cancel({ invoiceId, customerId: juma.customerId, hopKey: 'stop' });
    expect(await world.services.payments.submit(late)).toMatchObject({ ok: false, error: 'invoice_gone' });
    expect(await world.services.invoices.byCode({ customerId: kani.customerId, code })).toMatchObject({ ok: false });
  });

  test('R131: a code for one payment is paid by whoever comes first, once', async () => {
    const { hamim, kani, amina, world } = shop;
    const { invoiceId, code } = await shop.makeCode('pending');
    const submissions = await Promise.all([hamim, kani, amina].map((who) => shop.quote(who, invoiceId)));
    const outcomes = await Promise.all(submissions.map((one) => world.services.payments.submit(one)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await shop.stateOf(invoiceId)).toBe('paid');
    expect(await world.services.invoices.byCode({ customerId: kani.customerId, code })).toMatchObject({ ok: false });
  });

  test('nobody but its buyer sees, pays or refuses what was sent to one person', async () => {
    const { kani, hamim, amina, world } = shop;
    const { invoices } = world.services;
    const { invoiceId, code } = await shop.send({ buyer: hamim });
    expect(await shop.pay(kani, invoiceId)).toBe('invoice_gone');
    expect(await invoices.byCode({ customerId: kani.customerId, code })).toMatchObject({ error: 'invoice_gone' });
    expect(await invoices.reject({ invoiceId, customerId: kani.customerId, hopKey: 'hop' })).toMatchObject({
      ok: false,
    });
    for (const forger of [kani, amina, hamim]) {
      expect(await invoices.cancel({ invoiceId, customerId: forger.customerId, hopKey: 'hop' })).toMatchObject({
        error: 'not_allowed',
      });
    }
    expect(await shop.stateOf(invoiceId)).toBe('pending');
  });

  test('R133: no call lets a payee take money from a payer', async () => {
    const { hamim, juma, amina, world } = shop;
    const { payments, invoices } = world.services;
    const before = await shop.available(hamim);
    const { invoiceId } = await shop.send();
    const to = { customerId: hamim.customerId };
    const ask = { initiatorId: juma.customerId, accountId: juma.accountId, to, amountMinor: 10_000n };
    for (const product of ['purchase', 'send', 'own', 'float', 'sweep', 'refund', 'topup'] as const) {
      expect((await payments.quote({ ...ask, product, as: 'payee' })).ok).toBe(false);
      const asAgent = { ...ask, initiatorId: amina.customerId, accountId: amina.accountId };
      expect((await payments.quote({ ...asAgent, product, as: 'payee' })).ok).toBe(false);
    }
    const fromTheirs = { ...ask, accountId: hamim.accountId, to: { accountId: juma.accountId } };
    expect((await payments.quote({ ...fromTheirs, product: 'purchase' })).ok).toBe(false);
    const theirs = { invoiceId, customerId: juma.customerId, accountId: hamim.accountId };
    expect(await invoices.quoteInvoice(theirs)).toMatchObject({ ok: false });
    expect(
      await invoices.quoteInvoice({ ...theirs, customerId: hamim.customerId, accountId: juma.accountId }),
    ).toMatchObject({
      ok: false,
    });
    const { quoteId } = await shop.quote(hamim, invoiceId);
    const stolen = { quoteId, customerId: juma.customerId, pin: '0000', hopKey: 'stolen' };
    expect(await payments.submit(stolen)).toMatchObject({ ok: false, error: 'quote_unknown' });
    expect(await payments.approve({ paymentId: quoteId, ...stolen })).toMatchObject({ ok: false });
    expect(
      await payments.settle({ paymentId: quoteId, state: 'completed', by: juma.customerId, hopKey: 'x' }),
    ).toMatchObject({
      ok: false,
    });
    expect(await shop.available(hamim)).toBe(before);
  });
});
