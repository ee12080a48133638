import type { AuditEvent } from '../audit';
import type { Actor } from '../ledger';
import { err, formatMoney, ok, plusMs, type Result } from '../platform';
import type { StatementLine } from '../switch';
import {
  differenceOf,
  missingThere,
  sideOf,
  wordOf,
  type Finding,
  type Moment,
  type Ours,
  type StatementWord,
} from './compare';
import type { SettlementDeps, Window } from './deps';
import type { ReconciliationError } from './errors';
import {
  countOurs,
  hearWords,
  insertFindings,
  insertReconciliation,
  isContinued,
  keepSeen,
  readContradicted,
  readOurs,
  readUnseen,
  reconciliationBy,
  type Cause,
  type ReconciliationRow,
  type Seen,
} from './reconcile-store';
import { parseStatement } from './statement-file';
import { readLeftOver, readUnsettled } from './store';

/**
 * R135, R212: our journal beside the scheme's own statement, for one window. Both have clocks and messages take their time, so a
 * transfer that one side has before the edge of the window and the other behind it is no difference: the statement is read beyond
 * both edges, and what it does not list of the last moments is looked for when the next window is compared.
 */
export interface ReconciliationOrder extends Window {
  /** The statement as a hub hands it out; absent: the scheme is asked. */
  readonly file?: string | undefined;
  readonly by: Actor;
  readonly cause: Cause;
}

const edgeMs = 3_600_000;
const linesAtOnce = 5_000;

/** Compares and keeps what came of it; no money moves. Again by the same cause it answers the same. */
export async function reconcile(
  deps: SettlementDeps,
  order: ReconciliationOrder,
): Promise<Result<ReconciliationRow, ReconciliationError>> {
  const before = await reconciliationBy(deps.db, order.cause);
  if (before) return ok(before);
  const fault = faultOf(order, deps.clock.now());
  if (fault !== undefined) return err('window_malformed', { problem: fault });
  const statement = await statementOf(deps, order);
  if (!statement.ok) return statement;
  const lines = statement.value;
  const heard: Heard = { seen: [], words: [] };
  const findings = await findingsOf(deps, order, lines, heard);
  const theirs = lines.filter((line) => isWithin(line, order)).length;
  return ok(await keep(deps, order, { theirs, findings, heard }));
}

function faultOf({ from, to }: Window, now: Date): string | undefined {
  if (from >= to) return 'its end must come after its beginning';
  return to > now ? 'it must be over' : undefined;
}

async function statementOf(
  { adapter, dfspId, log }: SettlementDeps,
  { from, to, file }: ReconciliationOrder,
): Promise<Result<readonly StatementLine[], ReconciliationError>> {
  if (file !== undefined) return parseStatement(file, dfspId);
  try {
    const lines = await adapter.statement({ from: plusMs(from, -edgeMs), to: plusMs(to, edgeMs) });
    return lines ? ok(lines) : err('statement_none');
  } catch (error) {
    log.warn({ err: error }, "the scheme's statement can't be had");
    return err('statement_away');
  }
}

/** Lines without a time are of the window that their file was asked for. */
function isWithin({ createdAt, decidedAt }: StatementLine, { from, to }: Window): boolean {
  const times = [createdAt, decidedAt].filter((at) => at !== undefined);
  return times.length === 0 || times.some((at) => at >= from && at < to);
}

/** What a statement tells beside what is different. */
interface Heard {
  /** What both have. */
  readonly seen: Seen[];
  /** What is decided on both sides, and not as it was known. */
  readonly words: StatementWord[];
}

/** What is different; what else is heard is added to `heard`. */
async function findingsOf(
  deps: SettlementDeps,
  window: ReconciliationOrder,
  lines: readonly StatementLine[],
  heard: Heard,
): Promise<Finding[]> {
  const { db, clock, dfspId, graceMs } = deps;
  const moment: Moment = { self: dfspId, settledBefore: plusMs(clock.now(), -graceMs) };
  const listed = new Set<string>();
  const findings: Finding[] = [];
  for (let at = 0; at < lines.length; at += linesAtOnce) {
    const some = lines.slice(at, at + linesAtOnce);
    const ours = byKey(
      await readOurs(
        db,
        some.map(({ transferId }) => transferId),
      ),
    );
    for (const line of some) {
      const key = keyOf(sideOf(line, dfspId));
      listed.add(key);
      const our = ours.get(key);
      const found = differenceOf(line, our, moment);
      if (found && isWithin(line, window)) findings.push(found);
      if (our) hear(line, our, { isFile: window.file !== undefined, heard });
    }
  }
  findings.push(...(await unlisted(deps, window, listed)));
  const named = new Set(findings.map(({ transferId }) => transferId));
  const contradicted = await readContradicted(db, window);
  const others = contradicted.filter(({ transferId }) => !named.has(transferId));
  findings.push(...others.map((one) => ({ ...one, kind: 'decided_otherwise' as const })));
  return [...findings, ...(await clearingDifference(deps))];
}

function hear(line: StatementLine, our: Ours, { isFile, heard }: { isFile: boolean; heard: Heard }): void {
  heard.seen.push(seenOf(line, our));
  const word = wordOf(line, our, isFile);
  if (word) heard.words.push(word);
}

async function unlisted(
  { db, graceMs }: SettlementDeps,
  { from, to }: Window,
  listed: ReadonlySet<string>,
): Promise<Finding[]> {
  const since = (await isContinued(db, from)) ? plusMs(from, -edgeMs - graceMs) : from;
  const unseen = await readUnseen(db, { from: since, to: plusMs(to, -graceMs) });
  return unseen.filter((ours) => !listed.has(keyOf(ours))).map(missingThere);
}

function byKey(ours: readonly Ours[]): ReadonlyMap<string, Ours> {
  return new Map(ours.map((one) => [keyOf(one), one]));
}

/** An id is one transfer's in the scheme; which way it goes is plain. The provider is compared. */
function keyOf({ way, transferId }: Pick<Ours, 'way' | 'transferId'>): string {
  return `${way} ${transferId}`;
}

function seenOf({ decidedAt, payerFee, payeeFee }: StatementLine, { way, dfspId, transferId }: Ours): Seen {
  return { way, dfspId, transferId, decidedAt, feeMinor: (way === 'out' ? payerFee : payeeFee)?.amountMinor };
}

const readsMax = 5;

/**
 * The clearing account must hold what is committed and not settled. Both are read one after the other, and read again where a
 * transfer was decided in between.
 */
async function clearingDifference({ db, ledger, chart, currency }: SettlementDeps): Promise<Finding[]> {
  const leftMinor = await readLeftOver(db, currency);
  const owed = async () => {
    const { outMinor, inMinor } = await readUnsettled(db, currency, null);
    return outMinor - inMinor + leftMinor;
  };
  let expectedMinor = await owed();
  for (let read = 1; read <= readsMax; read += 1) {
    const balance = await ledger.balance(db, chart.clearing);
    const [before, heldMinor] = [expectedMinor, balance?.postedMinor ?? 0n];
    if (heldMinor === before) return [];
    expectedMinor = await owed();
    if (expectedMinor !== before) continue;
    const none = { way: null, dfspId: null, transferId: null, paymentId: null };
    const ours = formatMoney(heldMinor, currency);
    return [{ kind: 'clearing_differs', ...none, ours, theirs: formatMoney(expectedMinor, currency) }];
  }
  return []; // too busy to be read: the next run will
}

async function keep(
  { db, clock, log, audit }: SettlementDeps,
  { from, to, file, by, cause }: ReconciliationOrder,
  { theirs, findings, heard }: { theirs: number; findings: readonly Finding[]; heard: Heard },
): Promise<ReconciliationRow> {
  const madeAt = clock.now();
  const source = file === undefined ? 'scheme' : 'file';
  const kinds = countsOf(findings);
  const row = await db.tx(async (tx) => {
    const ours = await countOurs(tx, { from, to });
    const kept = { fromAt: from, toAt: to, source, ours, theirs: BigInt(theirs), madeAt, cause } as const;
    const number = await insertReconciliation(tx, kept);
    await insertFindings(tx, number, findings);
    const { seen, words } = heard;
    for (let at = 0; at < seen.length; at += linesAtOnce) await keepSeen(tx, seen.slice(at, at + linesAtOnce), madeAt);
    const news = words.length > 0 ? await hearWords(tx, words, madeAt) : [];
    const subject = { kind: 'reconciliation', id: number.toString() };
    const told = { from: from.toISOString(), to: to.toISOString(), source, ...kinds };
    await audit.record(tx, [
      ...news.map((word) => wordEvent(word, by, cause)),
      { action: 'settlement.compared', actor: by, subject, ...traceOf(cause), new: told },
    ]);
    return { ...kept, number, findings: BigInt(findings.length) };
  });
  const told = { reconciliation: row.number.toString(), ours: row.ours.toString(), theirs, ...kinds };
  if (findings.length > 0) log.error(told, "our journal and the scheme's differ");
  else log.info(told, "our journal and the scheme's agree");
  return row;
}

function wordEvent(
  { dfspId, transferId, ours, theirs }: Awaited<ReturnType<typeof hearWords>>[number],
  actor: Actor,
  cause: Cause,
): AuditEvent {
  const subject = { kind: 'scheme_transfer', id: transferId };
  const states = { old: { state: ours }, new: { state: theirs, dfspId } };
  return { action: 'transfer.contradicted', actor, subject, ...traceOf(cause), ...states };
}

function traceOf(cause: Cause): { traceId?: string } {
  return 'actId' in cause ? { traceId: cause.actId } : {};
}

function countsOf(findings: readonly Finding[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of findings) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
