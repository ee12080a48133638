import type { Actor } from '../ledger';
import { err, ok, plusMs, type Result } from '../platform';
import type { ClearingDeps } from './deps';
import { entryOf, paymentOfTransfer, type JournalEntry } from './journal-store';

/**
 * Money that is held for a transfer over which nobody decides: after the scheme's time and our grace are over, two of the staff may
 * complete it or give it up (M31, M32). What the scheme says after that is kept as a contradiction, and moves nothing before it is
 * corrected (correction.ts).
 */

export type OverrideError =
  /** No payment through the scheme has this reference or id. */
  | 'transfer_unknown'
  /** The scheme may still decide: detail `problem` says until when. */
  | 'transfer_in_time'
  /** It was decided otherwise meanwhile. */
  | 'transfer_decided';

export interface Override {
  readonly paymentId: string;
  readonly state: 'completed' | 'rejected';
  readonly by: Actor;
  /** Of the staff, approved by a second person: the database asks for it. */
  readonly actId: string;
}

/** Whether the staff may decide now. */
export async function overridable(
  deps: Pick<ClearingDeps, 'db' | 'clock' | 'terms'>,
  paymentId: string,
): Promise<Result<JournalEntry, OverrideError>> {
  const entry = await entryOf(deps.db, paymentId);
  if (!entry) return err('transfer_unknown');
  if (entry.state !== 'open') return err('transfer_decided');
  if (!isStuck(deps, entry)) {
    return err('transfer_in_time', { problem: stuckAt(deps, entry).toISOString() });
  }
  return ok(entry);
}

/** From when on nobody will decide over it any more. */
function stuckAt({ terms }: Pick<ClearingDeps, 'terms'>, { expiresAt }: JournalEntry): Date {
  return plusMs(expiresAt, terms.graceMs);
}

export function isStuck(deps: Pick<ClearingDeps, 'clock' | 'terms'>, entry: JournalEntry): boolean {
  return entry.state === 'open' && stuckAt(deps, entry) <= deps.clock.now();
}

/** Decides as the staff say; the customer is told as if the scheme had. Again it answers the same. */
export async function override(
  deps: Pick<ClearingDeps, 'db' | 'clock' | 'terms' | 'payments' | 'audit'>,
  { paymentId, state, by, actId }: Override,
): Promise<Result<JournalEntry, OverrideError>> {
  const before = await entryOf(deps.db, paymentId);
  if (!before) return err('transfer_unknown');
  const { transferId, dfspId } = before;
  if (before.state === 'open') {
    const may = await overridable(deps, paymentId);
    if (!may.ok) return may;
  }
  const settled = await deps.payments.settleOutside({
    ...{ paymentId, state, by, traceId: actId },
    attachments: [
      {
        writer: 'transfer_override',
        row: { payment_id: paymentId, act_id: actId, state, decided_at: deps.clock.now().toISOString() },
      },
      deps.audit.attachment({
        action: 'transfer.overridden',
        actor: by,
        subject: { kind: 'scheme_transfer', id: transferId },
        transferId: paymentId,
        traceId: actId,
        new: { state, dfspId },
      }),
    ],
  });
  if (!settled.ok) return err('transfer_decided');
  return ok(before);
}

/** The payment of a transfer, by the id that the scheme knows it by. */
export function findPayment({ db }: Pick<ClearingDeps, 'db'>, transferId: string): Promise<string | undefined> {
  return paymentOfTransfer(db, transferId);
}
