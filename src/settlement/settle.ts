import type { Actor, Leg } from '../ledger';
import { assert, err, formatMoney, ok, type Result } from '../platform';
import type { SettlementDeps } from './deps';
import type { SettlementError } from './errors';
import { readSettlements, readUnsettled, settlementByTransfer, type SettlementRow, type Unsettled } from './store';

/** What was paid between the providers at the bank, for a window of transfers. */
export interface Paid {
  /** The window reaches from the end of the last one until before this. */
  readonly to: Date;
  /** With the scheme's fee. Below zero: it was received. */
  readonly paidMinor: bigint;
  /** What of it the scheme took for itself: it comes out of our income. */
  readonly feeMinor: bigint;
  /** Whether it is booked although our books say something else: what is left stays on the clearing account. */
  readonly differs: boolean;
}

export interface SettlementOrder extends Paid {
  readonly by: Actor;
  /** Of the staff, approved by a second person: the database asks for it. */
  readonly actId: string;
  /** A fresh UUIDv7: the key of idempotency. */
  readonly transferId: string;
}

/** What the window is worth by our books, where the order fits it. Errors: as `settle`. */
export async function due(
  { db, clock, currency }: Pick<SettlementDeps, 'db' | 'clock' | 'currency'>,
  { to, paidMinor, feeMinor, differs }: Paid,
): Promise<Result<Unsettled, SettlementError>> {
  if (to > clock.now()) return err('window_malformed', { problem: 'it must be over' });
  const [last] = await readSettlements(db, 1);
  if (last && to <= last.toAt) return err('settlement_closed', { problem: `in settlement ${last.number}` });
  const unsettled = await readUnsettled(db, currency, to);
  if (unsettled.transfers === 0n) return err('settlement_nothing');
  const owedMinor = unsettled.outMinor - unsettled.inMinor + feeMinor;
  if (owedMinor === paidMinor || differs) return ok(unsettled);
  const word = owedMinor < 0n ? 'received' : 'paid';
  const owed = `${word} ${formatMoney(owedMinor < 0n ? -owedMinor : owedMinor, currency)}`;
  const told = formatMoney(unsettled.schemeFeeMinor, currency);
  const isTold = unsettled.schemeFeeMinor !== feeMinor && unsettled.schemeFeeMinor > 0n;
  return err('settlement_differs', { problem: isTold ? `${owed}; the scheme has told of fees of ${told}` : owed });
}

const triesMax = 5;
/** Another settlement or another transfer was first: what is due is another sum now. */
const moved: ReadonlySet<unknown> = new Set([
  'settlement_moved',
  'settlement_closed',
  'settlement_nothing',
  'settlement_pkey',
  'settlement_to_at_key',
]);

/**
 * R211: closes a window, once, and books what was paid for it from the clearing account to the money at the bank, or back. Every
 * transfer that is committed by then and in no window yet is in this one. Again with the same id answers the same.
 * Errors: `window_malformed`, `settlement_closed`, `settlement_nothing`, `settlement_differs`.
 */
export async function settle(
  deps: SettlementDeps,
  order: SettlementOrder,
): Promise<Result<SettlementRow, SettlementError>> {
  for (let tried = 1; ; tried += 1) {
    const before = await settlementByTransfer(deps.db, order.transferId);
    if (before) return ok(before);
    const found = await due(deps, order);
    if (!found.ok) return found;
    const [posted] = await deps.ledger.post([transferOf(deps, order, found.value)]);
    assert(posted, 'every transfer has an outcome');
    if (posted.ok) continue; // and is there now
    const reason = posted.detail?.['reason'];
    if (posted.error !== 'attachment_refused' || !moved.has(reason) || tried >= triesMax) {
      throw new Error(`a settlement could not be booked: ${posted.error} ${String(reason ?? '')}`);
    }
  }
}

function transferOf(
  { chart, currency, clock, audit }: SettlementDeps,
  { to, paidMinor, feeMinor, by, actId, transferId }: SettlementOrder,
  { outMinor, inMinor }: Unsettled,
): Parameters<SettlementDeps['ledger']['post']>[0][number] {
  const amounts = {
    out_minor: outMinor.toString(),
    in_minor: inMinor.toString(),
    fee_minor: feeMinor.toString(),
    paid_minor: paidMinor.toString(),
  };
  const row = { currency, to_at: to.toISOString(), ...amounts };
  const closed = { transfer_id: transferId, act_id: actId, closed_at: clock.now().toISOString() };
  return {
    kind: 'transfer',
    transferId,
    legs: legsOf(chart, { paidMinor, feeMinor, grossMinor: outMinor > inMinor ? outMinor : inMinor }),
    attachments: [
      { writer: 'settlement', row: { ...row, ...closed } },
      audit.attachment({
        action: 'settlement.closed',
        actor: by,
        subject: { kind: 'account', id: chart.clearing },
        transferId,
        traceId: actId,
        new: row,
      }),
    ],
  };
}

/** What is paid leaves the bank and is owed no more. Where both sides are even, what each sent is booked both ways. */
function legsOf(
  { clearing, trust, feeIncome }: SettlementDeps['chart'],
  { paidMinor, feeMinor, grossMinor }: { paidMinor: bigint; feeMinor: bigint; grossMinor: bigint },
): Leg[] {
  const leg = (debitAccountId: string, creditAccountId: string, amountMinor: bigint, code: Leg['code']): Leg[] =>
    amountMinor > 0n ? [{ debitAccountId, creditAccountId, amountMinor, code }] : [];
  const paid =
    paidMinor === 0n
      ? [...leg(clearing, trust, grossMinor, 'transit'), ...leg(trust, clearing, grossMinor, 'transit')]
      : [...leg(clearing, trust, paidMinor, 'transit'), ...leg(trust, clearing, -paidMinor, 'transit')];
  return [...leg(feeIncome, clearing, feeMinor, 'fee'), ...paid];
}
