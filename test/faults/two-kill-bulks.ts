import { setTimeout as sleep } from 'node:timers/promises';
import { assert, plusMs } from '../../src/platform';
import { openBeside, type Beside, type Member } from '../support/customers';
import type { Chance } from '../support/random';
import { typeAs } from '../support/staff';

/** One business after another pays a list of people at the other provider, while everything is killed around it. */
export interface BulkLineDeps {
  /** Of the provider, while it runs. */
  readonly dataDir: string;
  readonly businesses: readonly Member[];
  readonly payees: readonly Member[];
  readonly chance: Chance;
  readonly stopping: () => boolean;
}

const rowsMax = 20;
const pauseMs = 1_000;
const lookingMaxMs = 20_000;
/** What could not be paid by then is given up. */
const lifeMs = 150_000;

/** Resolves to how many lists were given into payment. What can't be reached is tried with the next business. */
export async function payBulks({ dataDir, businesses, stopping, ...deps }: BulkLineDeps): Promise<number> {
  let begun = 0;
  for (const business of businesses) {
    if (stopping()) break;
    const beside = await openBeside(dataDir).catch((): undefined => undefined);
    if (beside) {
      begun += (await payOne(beside, business, deps).catch(() => false)) ? 1 : 0;
      await beside.close().catch(() => undefined);
    }
    await sleep(pauseMs);
  }
  return begun;
}

async function payOne(
  { services }: Beside,
  { accountId }: Member,
  { payees, chance }: Pick<BulkLineDeps, 'payees' | 'chance'>,
): Promise<boolean> {
  const rows = Array.from({ length: 1 + chance.below(rowsMax) }, (_, at) => `${chance.of(payees).msisdn},${at + 1}`);
  const until = plusMs(services.clock.now(), lifeMs).toISOString();
  const file = ['payee,amount', ...rows].join('\n');
  const loaded = await typeAs({ services }, 'goma', [
    ...['bulk-load', accountId, file, '--until', until, '--reason', 'wages of May'],
  ]);
  assert(loaded.ok, 'a list of the crowd can be loaded');
  const number = /^bulk (\d+): /.exec(loaded.value.says)?.[1];
  assert(number, 'its number is told');
  await untilLookedAt({ services }, number);
  const proposed = await typeAs({ services }, 'goma', ['bulk-pay', number, '--reason', 'wages of May']);
  if (!proposed.ok) return false;
  return (await typeAs({ services }, 'halima', ['approve', 'last', '--reason', 'sums compared'])).ok;
}

async function untilLookedAt({ services: { db } }: Pick<Beside, 'services'>, number: string): Promise<void> {
  for (const end = performance.now() + lookingMaxMs; performance.now() < end;) {
    const { left } = await db.one<{ left: bigint }>({
      text: `select count(*) as left from bulk b join bulk_row r using (bulk_id) where b.bulk_number = $1 and r.state = 'new'`,
      values: [number],
    });
    if (left === 0n) return;
    await sleep(200);
  }
}

/** A row that says paid has one payment that is, any other none. Returns how many were paid, and what must not be. */
export async function rowsOff(
  name: string,
  { services: { db } }: Pick<Beside, 'services'>,
): Promise<{
  paid: number;
  failures: string[];
}> {
  const rows = await db.rows<{ line: number; state: string; paid: bigint }>({
    text: `select r.line, r.state, count(p.payment_id) filter (where p.state = 'completed') as paid
           from bulk b join bulk_row r using (bulk_id) left join payment p on p.subject_id = r.row_id
           where b.begun_at is not null group by r.row_id`,
  });
  const off = rows.filter(({ state, paid }) => paid !== (state === 'paid' ? 1n : 0n));
  return {
    paid: rows.filter(({ state }) => state === 'paid').length,
    failures: off.map(
      ({ line, state, paid }) => `${name}: line ${line} of a bulk is ${state}, and was paid ${paid} times`,
    ),
  };
}
