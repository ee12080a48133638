import { createTwo, type Two } from '../../support/two';
import { typeAs } from '../../support/staff';
import { openVenya, toThePin } from './people';

jest.setTimeout(60_000);

let both: Two;
beforeEach(async () => {
  both = await createTwo();
  await openVenya(both.two);
});
afterEach(() => both.close());

test('R212: a day of the market is compared by itself after its midnight, once, whoever asks and however often', async () => {
  await (await toThePin(both)).call.answer('4071');
  await both.settle();
  both.clock.advance(13 * 3_600_000); // from noon into the next day
  const { settlement } = both.one.services;
  const compared = await Promise.all([settlement.reconcileDay(), settlement.reconcileDay()]);
  expect(compared.sort()).toEqual([0, 1]);
  expect(await settlement.reconcileDay()).toBe(0);
  expect(await settlement.reconciliations()).toMatchObject([
    {
      fromAt: new Date('2026-01-14T21:00:00Z'),
      toAt: new Date('2026-01-15T21:00:00Z'),
      ...{ source: 'scheme', ours: 1n, theirs: 1n, findings: 0n },
    },
  ]);
  const byHand = ['reconcile', '2026-01-14T21:00:00Z', '2026-01-15T21:00:00Z', '--reason', 'asked by the scheme'];
  expect((await typeAs(both.one, 'goma', byHand)).ok).toBe(true);
  both.clock.advance(24 * 3_600_000);
  expect(await settlement.reconcileDay()).toBe(1);
  expect(await settlement.reconciliations()).toHaveLength(3);
});
