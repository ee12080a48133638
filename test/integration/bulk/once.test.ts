import { createBulks, type Bulks } from '../../../src/bulk';
import { createIds } from '../../../src/platform';
import { chanceOf } from '../../support/random';
import { createTwo, type Two } from '../../support/two';
import { hamimsPhone, idOf, moneyOf, openVenya, owed } from '../clearing/people';
import { hamimsAccount, load, paidTwice, pay, reportOf, settleBulks, venyasPhone } from './people';

/** Several processes at once, each of which may end at any step: a row is paid once at most (R263). */
let both: Two;
beforeAll(async () => {
  both = await createTwo();
  await openVenya(both.two);
}, 120_000);
afterAll(() => both.close(), 60_000);

/** A step of another process may be its last: before it is done, or done and remembered by nobody. */
class Killed extends Error {}

/** The bulks of a process that dies with this probability at each step that moves money or sends it. */
function dyingBulks(seed: number, probability: () => number): Bulks {
  const { services } = both.one;
  const chance = chanceOf(seed);
  const dying =
    <A extends unknown[], R>(step: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (chance.is(probability())) throw new Killed('before');
      const done = await step(...args);
      if (chance.is(probability())) throw new Killed('after');
      return done;
    };
  const { payments, clearing } = services;
  return createBulks({
    ...services,
    ids: createIds(both.clock),
    payments: { lookup: (request) => payments.lookup(request), payOne: dying((order) => payments.payOne(order)) },
    scheme: {
      recentPayee: (number) => clearing.recentPayee(number),
      whyRefused: (paymentId) => clearing.whyRefused(paymentId),
      offersFor: dying((question) => clearing.offersFor(question)),
      sealBulk: dying((bulkId) => clearing.sealBulk(bulkId)),
    },
  });
}

test('R263: three processes at the same rows, dying at random steps, pay each of them once', async () => {
  const { one, two, clock } = both;
  const rows = Array.from({ length: 24 }, (_, at) => `${at % 2 === 0 ? '0700000002' : '0711000009'},${at + 1}`);
  const bulk = await load(one, await hamimsAccount(one), ['payee,amount', ...rows].join('\n'));
  await settleBulks(both);
  expect((await pay(one, bulk)).ok).toBe(true);
  let probability = 0.15;
  const processes = [1, 2, 3].map((seed) => dyingBulks(seed, () => probability));
  let deaths = 0;
  for (let round = 0; round < 10; round += 1) {
    // Whoever is at work is not waited for: as if each lease were over.
    const works = processes.map(async (process) => {
      await one.owner.run({ text: `update bulk set due_at = $1 where state = 'paying'`, values: [clock.now()] });
      await process.work();
    });
    const outcomes = await Promise.allSettled(works);
    deaths += outcomes.filter(({ status }) => status === 'rejected').length;
    if (round % 3 === 2) await both.settle();
    clock.advance(20_000);
  }
  probability = 0;
  for (let step = 0; step < 40 && !(await reportOf(one, bulk)).says.startsWith(`bulk ${bulk} is done`); step += 1) {
    await settleBulks(both);
    clock.advance(1_200_000);
  }
  expect(deaths).toBeGreaterThan(0);
  expect(await paidTwice(one)).toEqual([]);
  expect((await reportOf(one, bulk)).says).toContain(`bulk ${bulk} is done; 24 paid, KES 300.00;`);
  // 300 in all, with KES 10 each; 156 of it at the other provider.
  const hamim = await moneyOf(one, await idOf(one, hamimsPhone));
  expect(hamim).toEqual({ available: 500_000n - 54_000n, held: 0n });
  expect(await moneyOf(two, await idOf(two, venyasPhone))).toEqual({ available: 15_600n, held: 0n });
  expect(await owed(both)).toEqual([15_600n, -15_600n]);
}, 240_000);
