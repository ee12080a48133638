import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AuditAction, AuditEvent } from '../audit';
import { assert, err, ok, plusMs, type Result, type Tx } from '../platform';
import { needsReason, type Answer, type Args, type Command } from './command';
import type { StaffDeps } from './deps';
import type { StaffError } from './errors';
import type { Member } from './member';
import * as store from './store';

/** What became of an act, for whoever made or decided it. */
export interface ActAnswer extends Pick<Answer, 'says' | 'rows' | 'text' | 'once'> {
  readonly state: store.ActState | 'read';
  /** Absent where nothing was kept. */
  readonly actId?: string;
  readonly number?: bigint;
}

export interface Asked {
  readonly command: Command;
  /** As they came. */
  readonly args: unknown;
  readonly reason: string | undefined;
  /** A UUIDv7 of the asker's: the same act again has the same answer and no second effect. */
  readonly actId: string | undefined;
}

export interface Decided {
  /** The id or the number. */
  readonly act: string;
  readonly decision: 'approve' | 'reject';
  readonly reason: string | undefined;
}

export type ActResult = Result<ActAnswer, StaffError>;

const proposalTtlMs = 7 * 86_400_000;
/** An approved act that is not done after so long lost whoever carried it out. */
const orphanedAfterMs = 30_000;
const reasonText = z.string().trim().min(3).max(300);

/** Rolls the transaction back with a refusal in hand. */
class Refused extends Error {
  constructor(readonly refusal: Extract<ActResult, { ok: false }>) {
    super('refused');
  }
}

async function unlessRefused(work: () => Promise<ActResult>): Promise<ActResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

/** Reads, carries out or proposes, as the command says. Its own errors, and those of the arguments, role and reason. */
export async function makeAct(deps: StaffDeps, by: Member, asked: Asked): Promise<ActResult> {
  const { command } = asked;
  if (!command.roles.includes(by.role)) {
    await noteRefusal(deps, by, command);
    return err('role_refused');
  }
  const parsed = command.args.safeParse(asked.args);
  if (!parsed.success) return argumentError(parsed.error);
  const reason = asked.reason === undefined ? undefined : reasonText.safeParse(asked.reason);
  if (reason?.success === false || (!reason && needsReason(command))) return err('reason_missing', { field: 'reason' });
  const given = { ...asked, args: parsed.data as Args, reason: reason?.data ?? null };
  return unlessRefused(() => {
    if (command.effect === 'read') return read(deps, by, given);
    if (command.checkers) return propose(deps, by, given);
    return command.effect === 'rows' ? doRows(deps, by, given) : doMoney(deps, by, given);
  });
}

interface Given {
  readonly command: Command;
  readonly args: Args;
  readonly reason: string | null;
  readonly actId: string | undefined;
}

/** The first thing that is wrong with them, by field; never what was in it. */
function argumentError(error: z.ZodError): Result<never, StaffError> {
  for (const issue of error.issues) {
    const [field] = issue.code === 'unrecognized_keys' ? issue.keys : [];
    if (field !== undefined) return err('argument_invalid', { field, why: 'is not known here' });
  }
  const [first] = error.issues;
  return err('argument_invalid', { field: first?.path.join('.') ?? '', why: first?.message ?? 'is wrong' });
}

async function read(deps: StaffDeps, by: Member, { command, args, reason }: Given): Promise<ActResult> {
  assert(command.effect === 'read', 'only reading keeps no act');
  return deps.db.tx(async (tx) => {
    const where = { deps, tx, by, actor: actorOf(by), actId: deps.ids.uuid(), reason: reason ?? '' };
    const done = await command.run(where, args);
    if (!done.ok) throw new Refused(done);
    const { about = { kind: 'command', id: command.name }, events = [] } = done.value;
    const looked: AuditEvent = {
      ...{ action: 'staff.looked', actor: actorOf(by), subject: about },
      new: { command: command.name, ...(reason !== null && { reason }) },
    };
    await deps.audit.record(tx, [...events, looked]);
    return ok({ state: 'read', ...shown(done.value) });
  });
}

async function propose(deps: StaffDeps, by: Member, given: Given): Promise<ActResult> {
  return deps.db.tx(async (tx) => {
    const begun = await begin(deps, tx, { by, given });
    if (begun.repeated) return ok(answerOf(begun.act));
    const { actId, reason } = begun.act;
    const where = { deps, tx, by, actor: actorOf(by), actId, reason: reason ?? '' };
    const checked = await given.command.check?.(where, given.args);
    if (checked?.ok === false) throw new Refused(checked);
    await deps.audit.record(tx, [eventOf(begun.act, 'staff.act_proposed', by)]);
    return ok(answerOf(begun.act));
  });
}

async function doRows(deps: StaffDeps, by: Member, given: Given): Promise<ActResult> {
  return deps.db.tx(async (tx) => {
    const { act, repeated } = await begin(deps, tx, { by, given });
    if (repeated) return ok(answerOf(act));
    return carryOut(deps, tx, { act, command: given.command, by, before: [] });
  });
}

async function doMoney(deps: StaffDeps, by: Member, given: Given): Promise<ActResult> {
  const act = await deps.db.tx(async (tx) => {
    const begun = await begin(deps, tx, { by, given });
    if (!begun.repeated) await deps.audit.record(tx, [eventOf(begun.act, 'staff.act_begun', by)]);
    return begun.act;
  });
  return act.state === 'approved' ? moveMoney(deps, act, { command: given.command, by }) : ok(answerOf(act));
}

/** Writes the act down, or finds that the very same was asked before. */
async function begin(
  deps: StaffDeps,
  tx: Tx,
  { by, given }: { by: Member; given: Given },
): Promise<{ act: store.Act; repeated: boolean }> {
  if (!(await store.lockMember(tx, by))) throw new Refused(err('member_disabled'));
  const { command, args, reason, actId = deps.ids.uuid() } = given;
  const now = deps.clock.now();
  const isChecked = command.checkers !== undefined;
  const expiresAt = isChecked ? plusMs(now, proposalTtlMs) : null;
  const effectId = command.effect === 'money' && !isChecked ? deps.ids.uuid() : null;
  const asked = { actId, command: command.name, args, reason, isChecked, by, now, expiresAt, effectId };
  const inserted = await store.insertAct(tx, asked);
  return inserted ? { act: inserted, repeated: false } : { act: await sameAct(tx, asked), repeated: true };
}

/** The act that has this id already, where it is the very same. */
async function sameAct(tx: Tx, { actId, command, args, reason, by }: store.ActInsert): Promise<store.Act> {
  const before = await store.lockAct(tx, actId);
  const isSame =
    before?.command === command &&
    before.madeBy === by.staffId &&
    before.reason === reason &&
    isDeepStrictEqual(before.args, args);
  if (!before || !isSame) throw new Refused(err('act_different'));
  return before;
}

/** Approves and carries out, or rejects. The maker never decides, nor does a role that the command does not name. */
export async function decideAct(
  deps: StaffDeps,
  by: Member,
  { decided, commandOf }: { decided: Decided; commandOf: (name: string) => Command | undefined },
): Promise<ActResult> {
  const given = decided.reason === undefined ? undefined : reasonText.safeParse(decided.reason);
  if (given?.success === false || (!given && decided.decision === 'reject'))
    return err('reason_missing', { field: 'reason' });
  const reason = given?.data ?? null;
  const settled = await settle(deps, by, { act: decided.act, decision: decided.decision, reason, commandOf });
  if (settled.kind === 'money') return moveMoney(deps, settled.act, { command: settled.command, by });
  if (settled.kind === 'failed') await noteFailure(deps, by, { ...settled, reason });
  return settled.result;
}

interface Settling {
  readonly act: string;
  readonly decision: Decided['decision'];
  readonly reason: string | null;
  readonly commandOf: (name: string) => Command | undefined;
}
type Failure = Extract<ActResult, { ok: false }>;
type Settled =
  | { readonly kind: 'answer'; readonly result: ActResult }
  /** Approved; its money is still to be moved. */
  | { readonly kind: 'money'; readonly act: store.Act; readonly command: Command }
  /** The command itself refused: the proposal can't be carried out. */
  | { readonly kind: 'failed'; readonly result: Failure; readonly act: store.Act };

async function settle(deps: StaffDeps, by: Member, settling: Settling): Promise<Settled> {
  const run: { act?: store.Act } = {};
  try {
    return await deps.db.tx(async (tx): Promise<Settled> => {
      const { found, command } = await decidable(deps, tx, { by, settling });
      const now = deps.clock.now();
      const { reason } = settling;
      if (settling.decision === 'reject') {
        await store.decideAct(tx, found.actId, { state: 'rejected', by, reason, now });
        await deps.audit.record(tx, [eventOf(found, 'staff.act_rejected', by)]);
        return { kind: 'answer', result: ok(answerOf({ ...found, state: 'rejected' })) };
      }
      const effectId = command.effect === 'money' ? deps.ids.uuid() : null;
      await store.decideAct(tx, found.actId, { state: 'approved', by, reason, now, effectId });
      const approved = { ...found, state: 'approved' as const, decidedBy: by.staffId, effectId };
      const event = eventOf(found, 'staff.act_approved', by);
      if (command.effect !== 'money') {
        run.act = found;
        return { kind: 'answer', result: await carryOut(deps, tx, { act: approved, command, by, before: [event] }) };
      }
      await deps.audit.record(tx, [event]);
      return { kind: 'money', act: approved, command };
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const result = error.refusal;
    return run.act ? { kind: 'failed', result, act: run.act } : { kind: 'answer', result };
  }
}

async function noteFailure(
  deps: StaffDeps,
  by: Member,
  { act, result, reason }: { act: store.Act; result: Failure; reason: string | null },
): Promise<void> {
  await deps.db.tx(async (tx) => {
    const now = await store.lockAct(tx, act.actId);
    if (now?.state !== 'proposed') return;
    const { error } = result;
    await store.decideAct(tx, act.actId, { state: 'failed', by, reason, now: deps.clock.now(), outcome: error });
    await deps.audit.record(tx, [eventOf(act, 'staff.act_failed', by, { refusal: error })]);
  });
}

async function decidable(
  deps: StaffDeps,
  tx: Tx,
  { by, settling }: { by: Member; settling: Settling },
): Promise<{ found: store.Act; command: Command }> {
  const refuse = (error: StaffError) => new Refused(err(error));
  if (!(await store.lockMember(tx, by))) throw refuse('member_disabled');
  const found = await store.lockAct(tx, settling.act);
  if (!found) throw refuse('act_unknown');
  const command = settling.commandOf(found.command);
  assert(command, `${found.command} is a command`);
  if (!command.checkers?.includes(by.role)) throw refuse('role_refused');
  if (found.madeBy === by.staffId) throw refuse('same_person');
  if (isOver(found, deps.clock.now())) throw refuse('act_expired');
  if (found.state !== 'proposed') throw refuse('act_decided');
  return { found, command };
}

/** Nobody decided in time, whether the sweeper was there already or not. */
function isOver({ state, expiresAt }: store.Act, now: Date): boolean {
  return state === 'expired' || (state === 'proposed' && expiresAt !== null && expiresAt <= now);
}

interface Carrying {
  readonly act: store.Act;
  readonly command: Command;
  readonly by: Member;
  /** Recorded in front. */
  readonly before: readonly AuditEvent[];
}

/** The command's rows, the act's end and the forensic log's record, in one transaction. */
async function carryOut(
  deps: StaffDeps,
  tx: Tx,
  { act, command, by, before }: Carrying,
): Promise<Result<ActAnswer, never>> {
  assert(command.effect !== 'money', 'money has transactions of its own');
  const args = command.args.parse(act.args);
  const { actId, reason } = act;
  const done = await command.run({ deps, tx, by, actor: actorOf(by), actId, reason: reason ?? '' }, args);
  if (!done.ok) throw new Refused(done);
  const { says, about, events = [] } = done.value;
  await store.finishAct(tx, actId, { state: 'done', outcome: says, now: deps.clock.now() });
  await deps.audit.record(tx, [...before, ...events, eventOf(act, 'staff.act_done', by, aboutOf(about))]);
  return ok({ ...answerOf({ ...act, state: 'done' }), ...shown(done.value) });
}

/** Moves the money, which happens once by the act's id, and closes the act. */
async function moveMoney(
  deps: StaffDeps,
  act: store.Act,
  { command, by }: { command: Command; by: Member },
): Promise<ActResult> {
  assert(command.effect === 'money', 'what moves no money has one transaction');
  const args = command.args.parse(act.args);
  const { actId, reason, effectId } = act;
  assert(effectId, 'an act whose money may move has an id for it');
  const where = { deps, by, actor: actorOf(by), actId, effectId, reason: reason ?? '' };
  const done = await command.run(where, args);
  return deps.db.tx(async (tx) => {
    const now = await store.lockAct(tx, actId);
    assert(now, 'acts are kept');
    if (now.state !== 'approved') return now.state === 'done' ? ok(answerOf(now)) : done.ok ? err('act_decided') : done;
    const state = done.ok ? 'done' : 'failed';
    await store.finishAct(tx, actId, { state, outcome: done.ok ? done.value.says : done.error, now: deps.clock.now() });
    const more = done.ok ? aboutOf(done.value.about) : { refusal: done.error };
    const events = done.ok ? (done.value.events ?? []) : [];
    await deps.audit.record(tx, [...events, eventOf(act, `staff.act_${state}`, by, more)]);
    return done.ok ? ok({ ...answerOf({ ...now, state }), ...shown(done.value) }) : done;
  });
}

/** Expires what nobody decided, and carries out what was approved by a process that died. Returns how many. */
export async function sweepActs(deps: StaffDeps, commandOf: (name: string) => Command | undefined): Promise<number> {
  const now = deps.clock.now();
  const overdue = await store.overdueActs(deps.db, now);
  for (const actId of overdue) {
    await deps.db.tx(async (tx) => {
      const act = await store.lockAct(tx, actId);
      if (act?.state !== 'proposed') return;
      await store.finishAct(tx, actId, { state: 'expired', outcome: null, now });
      await deps.audit.record(tx, [{ ...eventOf(act, 'staff.act_expired'), actor: { kind: 'system', id: 'gateway' } }]);
    });
  }
  const left = await store.unfinishedActs(deps.db, plusMs(now, -orphanedAfterMs));
  for (const act of left) {
    const command = commandOf(act.command);
    const by = await store.memberById(deps.db, act.decidedBy ?? act.madeBy);
    if (command?.effect === 'money' && by) await moveMoney(deps, act, { command, by });
  }
  return overdue.length + left.length;
}

/** Somebody tried what their role does not allow. */
async function noteRefusal(deps: StaffDeps, by: Member, command: Command): Promise<void> {
  const subject = { kind: 'command', id: command.name };
  await deps.db.tx((tx) =>
    deps.audit.record(tx, [{ action: 'staff.refused', actor: actorOf(by), subject, new: { role: by.role } }]),
  );
}

function actorOf({ staffId }: Member): { kind: 'staff'; id: string } {
  return { kind: 'staff', id: staffId };
}

type ActEvent = Extract<AuditAction, `staff.act_${string}`>;

/** The log binds what the act says by its digest: it may name people, and the log keeps ids only. */
function eventOf(
  act: store.Act,
  action: ActEvent,
  by?: Member,
  more: Readonly<Record<string, string>> = {},
): AuditEvent {
  const content = JSON.stringify([act.command, act.args, act.reason, act.madeBy, act.madeAt.toISOString()]);
  const contentDigest = createHash('sha256').update(content).digest('hex');
  const subject = { kind: 'staff_act', id: act.actId };
  const told = { command: act.command, number: act.number.toString(), contentDigest, ...more };
  return { action, actor: by ? actorOf(by) : { kind: 'staff', id: act.madeBy }, subject, new: told };
}

function aboutOf(about: Answer['about']): Readonly<Record<string, string>> {
  return about ? { aboutKind: about.kind, aboutId: about.id } : {};
}

function answerOf(act: store.Act): ActAnswer {
  const { actId, number, state, outcome } = act;
  return { actId, number, state, says: outcome ?? saysOf(act) };
}

function saysOf({ number, command, state }: store.Act): string {
  return state === 'proposed' ? `${command} waits for a second person as act ${number}` : `act ${number} is ${state}`;
}

function shown({ says, rows, text, once }: Answer): Pick<ActAnswer, 'says' | 'rows' | 'text' | 'once'> {
  return { says, ...(rows && { rows }), ...(text !== undefined && { text }), ...(once !== undefined && { once }) };
}
