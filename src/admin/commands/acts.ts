import { z } from 'zod';
import { err, formatDateTime, ok, type Market } from '../../platform';
import { words } from '../args';
import { defineCommand } from '../command';
import { staffRoles } from '../member';
import { actByNumber, listActs, type Act } from '../store';

const shownMax = 200;
const states = ['proposed', 'approved', 'rejected', 'expired', 'done', 'failed'] as const;

export const acts = defineCommand({
  name: 'acts',
  summary: 'what was done or waits for a second person, the newest first',
  usage: '[<state>] [--command <command>]',
  order: ['state'],
  roles: staffRoles,
  args: z.strictObject({
    state: z.enum(states, `must be one of ${states.join(', ')}`).optional(),
    command: words(40).optional(),
  }),
  effect: 'read',
  run: async ({ deps, tx }, { state = null, command = null }) => {
    const found = await listActs(tx, { state, command, limit: 50 });
    return ok({ says: `${found.length} acts`, rows: found.map((act) => rowOf(act, deps.market)) });
  },
});

export const act = defineCommand({
  name: 'act',
  summary: 'all of one act: what was asked, why, by whom, and who decided',
  usage: '<number>',
  order: ['number'],
  roles: staffRoles,
  args: z.strictObject({ number: z.string().regex(/^\d{1,18}$/, 'must be the number of an act') }),
  effect: 'read',
  run: async ({ deps, tx }, { number }) => {
    const found = await actByNumber(tx, BigInt(number));
    if (!found) return err('act_unknown');
    const { reason, decisionReason, outcome } = found;
    const row = {
      ...rowOf(found, deps.market),
      reason: reason ?? '',
      'second reason': decisionReason ?? '',
      outcome: outcome ?? '',
    };
    return ok({ says: `act ${number}`, rows: [row], about: { kind: 'staff_act', id: found.actId } });
  },
});

/** Files and rules are arguments too. */
function shortened(value: string): string {
  return value.length > shownMax ? `${value.slice(0, shownMax)}…` : value;
}

function rowOf(found: Act, market: Market): Record<string, string> {
  return {
    act: found.number.toString(),
    command: found.command,
    state: found.state,
    arguments: Object.entries(found.args)
      .map(([name, value]) => `${name}=${shortened(typeof value === 'string' ? value : JSON.stringify(value))}`)
      .join(' '),
    'made by': `${found.madeBy} (${found.madeRole})`,
    at: formatDateTime(found.madeAt, market),
    'decided by': found.decidedBy ?? '',
  };
}
