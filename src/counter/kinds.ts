import type { TransactionType } from '../switch';

/** What a code may be told for (API Definition, sections 5.3 and 8). */
export interface Kind {
  /** What the customer has a code for. */
  readonly product: 'cash_out' | 'purchase';
  /** At any machine or shop; otherwise at the one agent for whom it was made. */
  readonly isAnywhere: boolean;
}

const kinds: Readonly<Record<string, Kind>> = {
  'WITHDRAWAL PAYEE AGENT': { product: 'cash_out', isAnywhere: false },
  'WITHDRAWAL PAYEE DEVICE': { product: 'cash_out', isAnywhere: true },
  'PAYMENT PAYEE BUSINESS': { product: 'purchase', isAnywhere: true },
  'PAYMENT PAYEE DEVICE': { product: 'purchase', isAnywhere: true },
};

/** Undefined: nothing that a code is told for. */
export function kindOf({ scenario, initiator, initiatorType }: TransactionType): Kind | undefined {
  return kinds[[scenario, initiator, initiatorType].join(' ')];
}
