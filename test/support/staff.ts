import { parseLine, type ActAnswer, type Member, type StaffError } from '../../src/admin';
import { loadStaff } from '../../src/app';
import { assert, type Result } from '../../src/platform';
import type { World } from './world';

/** A member of the sandbox's staff, as the door lets them in. */
export async function memberOf(staffId: string): Promise<Member> {
  const found = (await loadStaff()).find((one) => one.staffId === staffId);
  assert(found, `${staffId} is in sims/staff.json`);
  return { ...found, status: 'active' };
}

/**
 * What the door would be sent for these words, without the door: `['unlock', '0700000002', '--reason', 'called us']`.
 * The act `last` is the one that was made last. Throws when the words are no command line.
 */
export async function typeAs(
  { services: { staff, db } }: Pick<World, 'services'>,
  staffId: string,
  words: readonly string[],
): Promise<Result<ActAnswer, StaffError>> {
  const by = await memberOf(staffId);
  const line = parseLine(words);
  assert(line.ok, `${words.join(' ')} is a command line`);
  const { value } = line;
  const { reason } = value;
  if (value.kind === 'command')
    return staff.make(by, { command: value.command, args: value.args, reason, actId: undefined });
  const last = 'select coalesce(max(act_number), 0)::text as number from staff_act';
  const act = value.act === 'last' ? (await db.one<{ number: string }>({ text: last })).number : value.act;
  return staff.decide(by, { act, decision: value.decision, reason });
}
