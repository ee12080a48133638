import { err, ok, plusMs, type Clock, type Currency, type Json, type Result, type Tx } from '../platform';
import type { Book } from './book';
import type { RuleError } from './errors';
import { strangersIn } from './market';
import { parseBody } from './schema';
import { changeForUpdate, decideChange, insertProposal, type RuleChange } from './store';
import { ruleKinds, type RuleKind } from './types';

/** What the forensic log is told (R112, R161). */
export interface RuleEvent {
  readonly action: 'rule.proposed' | 'rule.approved' | 'rule.rejected' | 'tier.changed';
  readonly actor: { readonly kind: 'staff' | 'system'; readonly id: string };
  readonly subject: { readonly kind: string; readonly id: string };
  readonly old?: Json;
  readonly new?: Json;
}
/** Writes to the forensic log, as the last thing that a transaction does. */
export type Recorder = (tx: Tx, events: readonly RuleEvent[]) => Promise<void>;

export interface ChangeDeps {
  readonly clock: Clock;
  readonly currency: Currency;
  readonly book: () => Book;
  readonly record: Recorder;
}

export interface Proposal {
  readonly kind: string;
  /** The whole body, as the market's file has it; it replaces the one before. */
  readonly body: Json;
  /** When it shall hold from; absent: as soon as it is approved. */
  readonly effectiveFrom?: Date | undefined;
  readonly reason: string;
  /** A member of the staff. */
  readonly by: string;
}

export interface Decision {
  readonly version: number;
  readonly by: string;
}

/** So long an approved change waits at least: by then every process knows it, and all change at the same moment. */
const noticeMs = 10_000;

/** One of the staff writes down new rules; nothing changes yet. Errors: `rules_invalid`, `effective_date_past`. */
export async function propose(
  { clock, currency, book, record }: ChangeDeps,
  tx: Tx,
  { kind: named, body, effectiveFrom, reason, by }: Proposal,
): Promise<Result<{ version: number }, RuleError>> {
  const now = clock.now();
  const kind = ruleKinds.find((one) => one === named);
  if (kind === undefined) return err('rules_invalid', { problem: `kind must be one of ${ruleKinds.join(', ')}` });
  if (reason.trim() === '' || reason.length > 500) return err('rules_invalid', { problem: 'reason must be given' });
  if (effectiveFrom && effectiveFrom < plusMs(now, noticeMs)) return err('effective_date_past');
  const problem = problemOf(kind, body, { currency, book: book(), at: effectiveFrom ?? plusMs(now, noticeMs) });
  if (problem !== undefined) return err('rules_invalid', { problem });
  const change = { kind, body, effectiveFrom: effectiveFrom ?? null, reason, madeBy: by, madeAt: now };
  const version = await insertProposal(tx, change);
  const holds = { effectiveFrom: effectiveFrom?.toISOString() ?? null, reason };
  await record(tx, [
    {
      action: 'rule.proposed',
      actor: { kind: 'staff', id: by },
      subject: subjectOf(version),
      old: jsonOf(kind, book(), effectiveFrom ?? now),
      new: { kind, ...holds, body },
    },
  ]);
  return ok({ version });
}

/**
 * Somebody else approves: it holds from its date on, or as soon as every process knows it.
 * Errors: `rules_unknown`, `rules_decided`, `same_person`, `effective_date_past`, `rules_invalid` (it does not fit what
 * was approved in between).
 */
export async function approve(
  deps: ChangeDeps,
  tx: Tx,
  { version, by }: Decision,
): Promise<Result<{ effectiveFrom: Date }, RuleError>> {
  const { clock, currency, book, record } = deps;
  const now = clock.now();
  const found = await openChange(tx, version, by);
  if (!found.ok) return found;
  const { kind, body } = found.value;
  const earliest = plusMs(now, noticeMs);
  const effectiveFrom = found.value.effectiveFrom ?? earliest;
  if (effectiveFrom < earliest) return err('effective_date_past');
  const problem = problemOf(kind, body, { currency, book: book(), at: effectiveFrom });
  if (problem !== undefined) return err('rules_invalid', { problem });
  await decideChange(tx, { version, state: 'approved', effectiveFrom, checkedBy: by, checkedAt: now });
  await record(tx, [
    {
      action: 'rule.approved',
      actor: { kind: 'staff', id: by },
      subject: subjectOf(version),
      old: jsonOf(kind, book(), effectiveFrom),
      new: { kind, effectiveFrom: effectiveFrom.toISOString(), madeBy: found.value.madeBy, body },
    },
  ]);
  return ok({ effectiveFrom });
}

/** Somebody else says no. Errors: `rules_unknown`, `rules_decided`, `same_person`. */
export async function reject(
  { clock, record }: ChangeDeps,
  tx: Tx,
  { version, by }: Decision,
): Promise<Result<void, RuleError>> {
  const found = await openChange(tx, version, by);
  if (!found.ok) return found;
  const { kind, effectiveFrom, madeBy } = found.value;
  await decideChange(tx, { version, state: 'rejected', effectiveFrom, checkedBy: by, checkedAt: clock.now() });
  const actor = { kind: 'staff', id: by } as const;
  await record(tx, [{ action: 'rule.rejected', actor, subject: subjectOf(version), new: { kind, madeBy } }]);
  return ok(undefined);
}

async function openChange(tx: Tx, version: number, by: string): Promise<Result<RuleChange, RuleError>> {
  const change = await changeForUpdate(tx, version);
  if (!change) return err('rules_unknown');
  if (change.state !== 'proposed') return err('rules_decided');
  return change.madeBy === by ? err('same_person') : ok(change);
}

/** What is wrong with a body, by itself or beside what holds at that time. */
function problemOf(
  kind: RuleKind,
  body: Json,
  { currency, book, at }: { currency: Currency; book: Book; at: Date },
): string | undefined {
  const parsed = parseBody(kind, body, currency);
  if (!parsed.ok) return parsed.problems[0];
  const bodies = {
    fees: book.current('fees', at).body,
    commissions: book.current('commissions', at).body,
    limits: book.current('limits', at).body,
    tiers: book.current('tiers', at).body,
    [kind]: parsed.value,
  };
  return strangersIn(bodies)[0];
}

function subjectOf(version: number): RuleEvent['subject'] {
  return { kind: 'rules', id: String(version) };
}

function jsonOf(kind: RuleKind, book: Book, at: Date): Json {
  const { name, source } = book.current(kind, at);
  return { version: name, body: source };
}
