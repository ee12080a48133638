import type { ActAnswer } from '../../../src/admin';
import { assert, type Msisdn } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import type { Two } from '../../support/two';
import type { World } from '../../support/world';
import { hamimsPhone, idOf, venyasPhone } from '../clearing/people';

/** Hamim of `one` is the business; Goma of finance makes its bulks, Halima executes them. */
export { venyasPhone };
export const kanisPhone = '+254700000002' as Msisdn;

export async function hamimsAccount(world: World): Promise<string> {
  const account = await world.services.accounts.primaryOf(world.services.db, await idOf(world, hamimsPhone));
  assert(account, 'Hamim has an account');
  return account.accountId;
}

export const refused = (error: string): unknown => expect.objectContaining({ ok: false, error });

/** Returns its number. */
export async function load(world: World, account: string, file: string): Promise<string> {
  const loaded = await typeAs(world, 'goma', ['bulk-load', account, file, '--reason', 'order of 12 May']);
  assert(loaded.ok, `it is loaded: ${loaded.ok || loaded.error}`);
  const number = /^bulk (\d+): /.exec(loaded.value.says)?.[1];
  assert(number, 'its number is told');
  return number;
}

export const propose = (world: World, who: string, bulk: string): ReturnType<typeof typeAs> =>
  typeAs(world, who, ['bulk-pay', bulk, '--reason', 'wages of May']);

/** The maker asks for a bulk to be paid, and somebody else agrees. */
export async function pay(world: World, bulk: string): ReturnType<typeof typeAs> {
  const proposed = await propose(world, 'goma', bulk);
  assert(proposed.ok, `it is proposed: ${proposed.ok || proposed.error}`);
  return typeAs(world, 'halima', ['approve', 'last', '--reason', 'sums compared']);
}

export async function rowsOf(world: World, bulk: string): Promise<NonNullable<ActAnswer['rows']>> {
  const shown = await typeAs(world, 'halima', ['bulk', bulk]);
  assert(shown.ok, 'finance may look');
  return shown.value.rows ?? [];
}

export async function reportOf(world: World, bulk: string): Promise<Pick<ActAnswer, 'says' | 'rows'>> {
  const shown = await typeAs(world, 'kesi', ['bulk-report', bulk]);
  assert(shown.ok, 'an auditor may look');
  return shown.value;
}

/** Rows for which there is more than one payment that moved or holds money. */
export async function paidTwice({ services }: World): Promise<unknown[]> {
  return services.db.rows({
    text: `select subject_id from payment where asked_as = 'staff' and product = 'send' and state in ('pending', 'completed')
           group by subject_id having count(*) > 1`,
  });
}

/** Lets bulks, both sides and the scheme do what is due, until nothing is; a moment goes by now and then. */
export async function settleBulks(both: Two): Promise<void> {
  for (let quiet = 0; quiet < 2;) {
    const worked = await both.one.services.bulks.work();
    await both.settle();
    quiet = worked === 0 ? quiet + 1 : 0;
    both.clock.advance(2_500);
  }
}
