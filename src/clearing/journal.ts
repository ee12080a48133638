import { plusMs } from '../platform';
import type { ClearingDeps } from './deps';
import { correctionOf, wordsOf, type CorrectionRow } from './correction-store';
import {
  entryOf,
  offerMadeFor,
  overrideOf,
  readJournal,
  takeNewlyStuck,
  type JournalEntry,
  type JournalFilter,
} from './journal-store';
import { isStuck } from './override';

/** A transfer as the staff see it, with the time that is left. */
export interface SeenTransfer {
  readonly entry: JournalEntry;
  /** Until the scheme must have decided; below zero: it is over. */
  readonly leftMs: number;
  /** Open, and nobody will decide any more but the staff. */
  readonly isStuck: boolean;
}

/** R200, R206, R209, R210: transfers either way. */
export async function listTransfers(
  deps: Pick<ClearingDeps, 'db' | 'clock' | 'terms'>,
  filter: Omit<JournalFilter, 'expiredBefore'> & { readonly isExpired?: boolean },
): Promise<SeenTransfer[]> {
  const now = deps.clock.now();
  const { isExpired = false, ...rest } = filter;
  const entries = await readJournal(deps.db, { ...rest, ...(isExpired && { expiredBefore: now }) });
  return entries.map((entry) => ({
    entry,
    leftMs: entry.expiresAt.getTime() - now.getTime(),
    isStuck: isStuck(deps, entry),
  }));
}

/** R200, M29: tells the log once of each transfer over which nobody decides any more. Returns how many. */
export async function alarmStuck({
  db,
  clock,
  log,
  terms,
}: Pick<ClearingDeps, 'db' | 'clock' | 'log' | 'terms'>): Promise<number> {
  const now = clock.now();
  return db.tx(async (tx) => {
    const stuck = await takeNewlyStuck(tx, { expiredBefore: plusMs(now, -terms.graceMs), now });
    for (const one of stuck) log.error(one, 'nobody decides over a transfer: it is for the staff');
    return stuck.length;
  });
}

/** One step of a transfer, as the scheme took it. */
export interface SchemeStep {
  readonly at: Date;
  readonly what: string;
}

/** M18: what was asked of the scheme for a payment and what came of it, by time; empty where it stays in this house. */
export async function schemeSteps({ db }: Pick<ClearingDeps, 'db'>, paymentId: string): Promise<SchemeStep[]> {
  const entry = await entryOf(db, paymentId);
  if (!entry) return [];
  const [offer, override, words, corrected] = await Promise.all([
    offerMadeFor(db, entry),
    overrideOf(db, paymentId),
    wordsOf(db, entry),
    correctionOf(db, { paymentId }),
  ]);
  const { way, transferId, dfspId, quoteId, attempts, error, createdAt, expiresAt } = entry;
  const side = way === 'out' ? `to ${dfspId}` : `from ${dfspId}`;
  const tried = way === 'out' ? 'sent or asked for' : 'answered again';
  const sent = `transfer ${transferId} ${side}, to be decided by ${expiresAt.toISOString()}, ${tried}: ${attempts}`;
  return [
    ...(offer ? [{ at: offer.at, what: `quote ${quoteId} ${side}, good until ${offer.expiresAt.toISOString()}` }] : []),
    { at: createdAt, what: error ? `${sent}; last error ${error.code}: ${error.description}` : sent },
    ...decisionOf(entry, override?.act),
    ...words.map(({ ours, theirs, heardAt }) => ({
      at: heardAt,
      what: `${ours === theirs ? 'agreed after all' : 'CONTRADICTED'}: the scheme says ${theirs}`,
    })),
    ...(corrected ? [stepOf(corrected)] : []),
  ];
}

function stepOf({ state, side, act, correctionId, correctedAt }: CorrectionRow): SchemeStep {
  const whose = side === 'customer' ? "the customer's account" : "the provider's own account";
  const what = `corrected: ${state} by two of the staff, act ${act}, on ${whose}, by ledger transfer ${correctionId}`;
  return { at: correctedAt, what };
}

function decisionOf(
  { decidedAs: state, decidedAt, settlementNumber }: JournalEntry,
  act: bigint | undefined,
): SchemeStep[] {
  if (decidedAt === null) return [];
  const by = act === undefined ? 'the scheme' : `two of the staff, act ${act}`;
  const settled = settlementNumber === null ? '' : `, settled in window ${settlementNumber}`;
  return [{ at: decidedAt, what: `${state} by ${by}${settled}` }];
}
