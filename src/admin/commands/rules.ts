import { z } from 'zod';
import { err, formatDateTime, ok, type Json, type Result } from '../../platform';
import { words } from '../args';
import { defineCommand } from '../command';
import type { StaffError } from '../errors';

/** Fees, commissions, limits and tiers (R112, R161): src/rules keeps the proposals, and lets nobody decide their own. */
const kinds = ['fees', 'commissions', 'limits', 'tiers', 'conduct'] as const;
const kind = z.enum(kinds, `must be one of ${kinds.join(', ')}`);
const version = z.string().regex(/^[1-9]\d{0,8}$/, 'must be the number of a proposal');
const time = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-12-31T18:00:00+03:00' });
const subjectOf = (number: number | string) => ({ kind: 'rules', id: String(number) });

export const rules = defineCommand({
  name: 'rules',
  summary: 'what was proposed and decided, the newest first',
  usage: '',
  order: [],
  roles: ['finance', 'risk', 'auditor'],
  args: z.strictObject({}),
  effect: 'read',
  run: async ({ deps, tx }) => {
    const changes = await deps.rules.changes(tx, 50);
    const rows = changes.map((change) => ({
      version: change.version.toString(),
      kind: change.kind,
      state: change.state,
      'made by': change.madeBy,
      reason: change.reason,
      'holds from': change.effectiveFrom ? formatDateTime(change.effectiveFrom, deps.market) : 'its approval',
      'decided by': change.checkedBy ?? '',
    }));
    return ok({ says: `${rows.length} changes`, rows });
  },
});

export const rulesShow = defineCommand({
  name: 'rules-show',
  summary: 'the rules of a kind as they hold now, in the form in which they are proposed',
  usage: '<kind: fees|commissions|limits|tiers|conduct>',
  order: ['kind'],
  roles: ['finance', 'risk', 'auditor', 'call_centre'],
  args: z.strictObject({ kind }),
  effect: 'read',
  run: ({ deps }, args) => {
    const { name, source } = deps.rules.current(args.kind, deps.clock.now());
    return Promise.resolve(ok({ says: `${args.kind} ${name}`, text: JSON.stringify(source, undefined, 2) }));
  },
});

export const rulesPropose = defineCommand({
  name: 'rules-propose',
  summary: 'new rules of a kind, whole; the body is JSON, or @file with it',
  usage: '<kind: fees|commissions|limits|tiers|conduct> <body> [--from <time>]',
  order: ['kind', 'body'],
  roles: ['finance', 'risk'],
  args: z.strictObject({ kind, body: words(15_000), from: time.optional() }),
  effect: 'rows',
  run: async ({ deps, tx, by, reason }, args) => {
    const body = jsonOf(args.body);
    if (!body.ok) return body;
    const proposed = await deps.rules.propose(tx, {
      ...{ kind: args.kind, body: body.value, reason, by: by.staffId },
      effectiveFrom: args.from === undefined ? undefined : new Date(args.from),
    });
    if (!proposed.ok) return proposed;
    const { version: number } = proposed.value;
    return ok({ says: `${args.kind} wait for a second person as version ${number}`, about: subjectOf(number) });
  },
});

function jsonOf(text: string): Result<Json, StaffError> {
  try {
    return ok(JSON.parse(text) as Json);
  } catch {
    return err('rules_invalid', { problem: 'the body is not JSON' });
  }
}

export const rulesApprove = defineCommand({
  name: 'rules-approve',
  summary: 'let proposed rules hold from their date on; not your own',
  usage: '<version>',
  order: ['version'],
  roles: ['finance', 'risk'],
  args: z.strictObject({ version }),
  effect: 'rows',
  run: async ({ deps, tx, by }, args) => {
    const approved = await deps.rules.approve(tx, { version: Number(args.version), by: by.staffId });
    if (!approved.ok) return approved;
    const from = formatDateTime(approved.value.effectiveFrom, deps.market);
    return ok({ says: `version ${args.version} holds from ${from}`, about: subjectOf(args.version) });
  },
});

export const rulesReject = defineCommand({
  name: 'rules-reject',
  summary: 'refuse proposed rules; not your own',
  usage: '<version>',
  order: ['version'],
  roles: ['finance', 'risk'],
  args: z.strictObject({ version }),
  effect: 'rows',
  run: async ({ deps, tx, by }, args) => {
    const rejected = await deps.rules.reject(tx, { version: Number(args.version), by: by.staffId });
    if (!rejected.ok) return rejected;
    return ok({ says: `version ${args.version} is refused`, about: subjectOf(args.version) });
  },
});
