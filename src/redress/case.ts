/**
 * The life of a case.
 *
 * `open`:          somebody said that a payment was a mistake or is wrong. A mistaken sending holds what is left of the
 *                  money at its receiver, as a refund that is pending (src/payments), written with the case. Between
 *                  providers nothing is held: the money is asked for (src/clearing), and comes back by a second transfer.
 *   → `investigating` one of the staff took it.
 * `decided`:       with an outcome; what was held went back or is free, in the same transaction:
 *   `refunded`, `refunded_in_part`  the staff gave it back, two of them;
 *   `agreed`        the receiver gave it back, or their provider did;
 *   `corrected`     it was put right without a refund;  `rejected`  nothing comes back;
 *   `lapsed`        nobody decided before the hold ended: the money is free again.
 *   → `appealed`    once, while there is time: it is looked at again, with nothing held;
 *   → `closed`      when there is no time left to appeal. Nothing leaves `closed`.
 *
 * The database refuses every other way, and lets only the first of two decisions through.
 */
export type CaseState = 'open' | 'investigating' | 'decided' | 'appealed' | 'closed';
export type CaseOutcome = 'refunded' | 'refunded_in_part' | 'agreed' | 'corrected' | 'rejected' | 'lapsed';
export type CaseKind = 'wrong_send' | 'not_mine' | 'wrong_amount' | 'not_received' | 'other';
export type WrongSendReason = 'wrong_number' | 'wrong_amount' | 'sent_twice' | 'other';

export interface Case {
  readonly caseId: string;
  /** Digits that can be read out, the last a check digit. */
  readonly number: string;
  readonly kind: CaseKind;
  readonly reason: WrongSendReason | null;
  readonly paymentId: string;
  /** Who opened it, or for whom the staff did; null: somebody at another provider, who sent it here. */
  readonly customerId: string | null;
  readonly otherId: string | null;
  readonly channel: 'ussd' | 'sms' | 'staff' | 'api';
  readonly openedBy: string | null;
  readonly state: CaseState;
  readonly outcome: CaseOutcome | null;
  readonly holdPaymentId: string | null;
  /** What whoever got the money says of it. */
  readonly answer: 'gives_back' | 'keeps' | null;
  readonly takenBy: string | null;
  readonly openedAt: Date;
  readonly dueAt: Date;
  readonly appealUntil: Date | null;
  readonly appealedAt: Date | null;
}

export const undecided: readonly CaseState[] = ['open', 'investigating', 'appealed'];
