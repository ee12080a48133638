import { formatMoney, type Currency } from '../platform';
import type { StatementLine } from '../switch';

/** Our journal's side of a transfer. */
export interface Ours {
  readonly way: 'out' | 'in';
  readonly transferId: string;
  readonly dfspId: string;
  readonly paymentId: string | null;
  readonly currency: Currency | null;
  readonly amountMinor: bigint | null;
  readonly state: 'open' | 'committed' | 'aborted';
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Whether it was heard that the scheme says otherwise than holds here. */
  readonly isContradicted: boolean;
}

export type FindingKind =
  /** The scheme has it, we do not. */
  | 'missing_here'
  /** We have it, the scheme does not. */
  | 'missing_there'
  | 'provider_differs'
  | 'amount_differs'
  | 'state_differs'
  /** The scheme has not decided, although its time is over or we have. */
  | 'undecided_there'
  /** The scheme said otherwise after it had been decided here, by the staff say. */
  | 'decided_otherwise'
  /** The ledger's clearing account is not the sum of what is committed and not settled. */
  | 'clearing_differs';

export interface Finding {
  readonly kind: FindingKind;
  readonly way: 'out' | 'in' | null;
  readonly dfspId: string | null;
  readonly transferId: string | null;
  readonly paymentId: string | null;
  readonly ours: string;
  readonly theirs: string;
}

export interface Moment {
  /** This provider. */
  readonly self: string;
  /** What the scheme decided after this may still be on its way to us. */
  readonly settledBefore: Date;
}

/** The other side of a line, as we see it. Money from one customer of ours to another never gets to the scheme. */
export function sideOf(line: StatementLine, self: string): Pick<Ours, 'way' | 'transferId' | 'dfspId'> {
  const { transferId, payerDfspId, payeeDfspId } = line;
  return payerDfspId === self
    ? { way: 'out', transferId, dfspId: payeeDfspId }
    : { way: 'in', transferId, dfspId: payerDfspId };
}

/** What is different between what the scheme has and what we have of one transfer: nothing, or the one thing that matters most. */
export function differenceOf(line: StatementLine, ours: Ours | undefined, moment: Moment): Finding | undefined {
  const side = sideOf(line, moment.self);
  const { currency, amountMinor } = line.amount;
  const theirs = formatMoney(amountMinor, currency);
  const finding = (kind: FindingKind, our: string, their: string): Finding => ({
    ...{ kind, ...side, paymentId: ours?.paymentId ?? null, ours: our, theirs: their },
  });
  if (!ours) {
    // What the scheme gave up may never have come here.
    return isSettledThere(line, moment) && line.state !== 'aborted'
      ? finding('missing_here', 'none', `${line.state} ${theirs}`)
      : undefined;
  }
  if (ours.dfspId !== side.dfspId) return finding('provider_differs', ours.dfspId, side.dfspId);
  const our =
    ours.amountMinor === null || ours.currency === null ? theirs : formatMoney(ours.amountMinor, ours.currency);
  if (our !== theirs) return finding('amount_differs', our, theirs);
  return stateDifference(line, ours, moment, finding);
}

function stateDifference(
  line: StatementLine,
  ours: Ours,
  moment: Moment,
  finding: (kind: FindingKind, our: string, their: string) => Finding,
): Finding | undefined {
  if (line.state === ours.state) return undefined;
  if (line.state === 'pending') {
    const isOver = ours.state !== 'open' || ours.expiresAt < moment.settledBefore;
    return isOver ? finding('undecided_there', ours.state, line.state) : undefined;
  }
  if (ours.state === 'open') {
    return isSettledThere(line, moment) ? finding('state_differs', ours.state, line.state) : undefined;
  }
  return finding(ours.isContradicted ? 'decided_otherwise' : 'state_differs', ours.state, line.state);
}

/** Whether it was so long enough ago for us to know. */
function isSettledThere({ decidedAt, createdAt }: StatementLine, { settledBefore }: Moment): boolean {
  const at = decidedAt ?? createdAt;
  return at === undefined || at < settledBefore;
}

/** What a statement says over a transfer that is decided here. */
export interface StatementWord extends Pick<Ours, 'dfspId' | 'transferId'> {
  readonly theirs: 'committed' | 'aborted';
}

/** Where it is news: that it was decided otherwise; or, where the scheme was asked and not a file, that it agrees after all. */
export function wordOf({ state }: StatementLine, ours: Ours, isFile: boolean): StatementWord | undefined {
  if (ours.state === 'open' || state === 'pending') return undefined;
  const isNews = state === ours.state ? ours.isContradicted && !isFile : !ours.isContradicted;
  return isNews ? { dfspId: ours.dfspId, transferId: ours.transferId, theirs: state } : undefined;
}

/** What we have and the scheme does not list. */
export function missingThere(ours: Ours): Finding {
  const { way, dfspId, transferId, paymentId, state, amountMinor, currency } = ours;
  const amount = amountMinor === null || currency === null ? '' : ` ${formatMoney(amountMinor, currency)}`;
  return { kind: 'missing_there', way, dfspId, transferId, paymentId, ours: `${state}${amount}`, theirs: 'none' };
}
