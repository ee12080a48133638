import { openShop, type Shop } from './shop';

/** R250: what each type of invoice may become, in the database itself. */
describe('the life of an invoice', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await shop.world.close();
  });

  const states = ['paid', 'rejected', 'cancelled', 'expired'] as const;
  const legal = {
    standard: ['paid', 'rejected', 'cancelled', 'expired'],
    pending: ['paid', 'cancelled', 'expired'],
    product: ['cancelled', 'expired'],
  } as const;
  const make = (type: keyof typeof legal) => (type === 'standard' ? shop.send() : shop.makeCode(type));
  const move = (invoiceId: string, state: string) =>
    shop.world.owner.run({
      text: `update invoice set state = $2, payment_id = case when $2 = 'paid' then gen_random_uuid() end where invoice_id = $1`,
      values: [invoiceId, state],
    });
  const cases = Object.keys(legal).flatMap((type) =>
    states.map((state) => [type as keyof typeof legal, state] as const),
  );

  test.each(cases)('R250: a %s invoice becomes %s, or does not', async (type, state) => {
    const { invoiceId } = await make(type);
    const isLegal = (legal[type] as readonly string[]).includes(state);
    if (!isLegal) {
      await expect(move(invoiceId, state)).rejects.toThrow(/cannot go from pending/);
      expect(await shop.stateOf(invoiceId)).toBe('pending');
      await move(invoiceId, 'cancelled');
      return;
    }
    expect(await move(invoiceId, state)).toBe(1);
    for (const next of ['pending', ...states].filter((other) => other !== state)) {
      await expect(move(invoiceId, next)).rejects.toThrow(/cannot go from/);
    }
  });

  test.each([
    ['is paid with its money only', `update invoice set state = 'paid', payment_id = gen_random_uuid()`],
    ['asks for what it asked for', 'update invoice set amount_minor = 1'],
    ['is never deleted', 'delete from invoice'],
    ['is paid by no call of its writer', `select attach_invoice_paid('[]')`],
    ['leaves a sale that stays', 'update sale set payment_id = null'],
  ])('what the gateway writes: an invoice %s', async (_, text) => {
    await expect(shop.world.services.db.run({ text })).rejects.toThrow(/permission denied/);
  });

  test('not even its owner changes what an invoice is about, or deletes it', async () => {
    const { invoiceId } = await shop.send();
    const change = (text: string) =>
      shop.world.owner.run({ text: `${text} where invoice_id = $1`, values: [invoiceId] });
    await expect(change('update invoice set amount_minor = 1')).rejects.toThrow('never changes');
    await expect(change('update invoice set account_id = 1')).rejects.toThrow('never changes');
    await expect(change('delete from invoice')).rejects.toThrow('never deleted');
  });
});
