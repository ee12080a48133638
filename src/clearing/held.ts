import type { Payment } from '../payments';
import { assert, type Result, type Tx } from '../platform';
import type { Party, TransactionType } from '../switch';
import { createOutgoingRow } from './companion';
import type { ClearingError } from './errors';
import { askFor, type Offered, type OutgoingDeps } from './outgoing';
import { sendHeldRow } from './outgoing-store';

/**
 * Money that is held for a code which its owner tells at another provider. It leaves when the code was told right
 * (src/counter), by an offer that may be asked for before and as often as need be; once.
 */
export interface HeldOrder {
  readonly payment: Payment;
  /** The agent, machine or shop, as their provider named them. */
  readonly payee: Party;
  readonly requestId: string;
  readonly transactionType: TransactionType;
}

/** What their provider offers for the money that is held. Errors: `scheme_away`, and what it refuses for. */
export async function offerForHeld(
  deps: OutgoingDeps,
  { payment, payee, requestId, transactionType }: HeldOrder,
): Promise<Result<Offered, ClearingError>> {
  const { initiatorId, amountMinor } = payment;
  const product = payment.product === 'purchase' ? 'purchase' : 'send';
  const customer = initiatorId === null ? undefined : await deps.identity.byId(deps.db, initiatorId);
  assert(customer, 'whoever has a code is known');
  return askFor(deps, {
    ...{ customer, product, payee, amountMinor, paymentId: null, requestId, transactionType },
    amountType: 'RECEIVE', // it is what was asked for, to the last coin (section 5.1)
  });
}

/**
 * Lets it leave, with whatever else is written in this transaction. False: nothing is held for it any more. Violates
 * `outgoing_offer` where the offer is gone.
 */
export function sendHeld(
  deps: OutgoingDeps,
  tx: Tx,
  { payment, offerId }: { payment: Payment; offerId: string },
): Promise<boolean> {
  const { amountMinor } = payment;
  const leaving = { ...payment, createdAt: deps.clock.now() };
  return sendHeldRow(tx, createOutgoingRow(deps, leaving, { quoteId: offerId, amountMinor }).row);
}
