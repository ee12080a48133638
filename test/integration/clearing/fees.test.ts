import { createTwo, type Two } from '../../support/two';
import type { World } from '../../support/world';
import { moneyOf, openVenya, owed, toThePin } from './people';

/** What the payee's provider takes is told before the PIN where it changes what arrives, and is itemised. */
let both: Two;
beforeEach(async () => {
  both = await createTwo();
});
afterEach(() => both.close());

/** A fee that comes out of what a customer receives. */
async function takeFive({ services }: World): Promise<void> {
  const fee = { product: 'send', side: 'payee', steps: [{ flat: '5' }] };
  await services.db.tx(async (tx) => {
    const change = { kind: 'fees', body: [fee], reason: 'to be tried', by: 'amani' };
    const proposed = await services.rules.propose(tx, change);
    if (!proposed.ok) throw new Error(JSON.stringify(proposed));
    await services.rules.approve(tx, { version: proposed.value.version, by: 'zuri' });
  });
  await services.rules.refresh();
}

test('R78, R94, R96: the payer sees what arrives and what both providers take, before the PIN', async () => {
  const venya = await openVenya(both.two);
  await takeFive(both.two);
  both.clock.advance(10_000);
  const { call, confirm } = await toThePin(both);
  expect(confirm).toContain('Venya Otieno gets KES 995.00\nFees KES 15.00\nTotal KES 1,010.00');
  expect(await call.answer('4071')).toMatch(/^END KES 1,000.00 sent to Venya Otieno/);
  await both.settle();
  expect((await moneyOf(both.two, venya)).available).toBe(99_500n);
  expect(await owed(both)).toEqual([100_000n, -100_000n]);
  const [kept] = await both.one.services.db.rows({
    text: `select q.offer #>> '{payeeFee,amountMinor}' as fee from outgoing_transfer t join outgoing_quote q using (quote_id)`,
  });
  expect(kept).toEqual({ fee: '500' });
}, 60_000);
