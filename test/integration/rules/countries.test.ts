import { createCall, createWorld } from '../../support/world';

test.each([
  ['GH', 'GHS', '100', 'Total GHS 100.00'],
  ['TZ', 'TZS', '1000', 'Total TZS 1,030.00'],
  ['UG', 'UGX', '1000', 'Total UGX 1,100'],
])('R94: a call in %s is quoted in its money and by its stairs', async (COUNTRY, currency, amount, total) => {
  const world = await createWorld({ environment: { COUNTRY } });
  try {
    expect(world.services.rules.currency).toBe(currency);
    const call = createCall(world, '+254700000001');
    await call.dial();
    for (const typed of ['1', '+254700000002']) await call.answer(typed);
    expect(await call.answer(amount)).toContain(total);
  } finally {
    await world.close();
  }
});
