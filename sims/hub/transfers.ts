import { createHash } from 'node:crypto';

/** A transfer as a Mojaloop hub sees it: what the payer's participant sent, and what became of it. */
export interface Transfer {
  readonly id: string;
  readonly payer: string;
  readonly payee: string;
  readonly amount: { readonly currency: string; readonly amount: string };
  readonly condition: string;
  readonly expiresAt: number;
  /** Of the bytes of its preparation. */
  readonly digest: string;
  readonly state: 'RESERVED' | 'COMMITTED' | 'ABORTED';
  readonly fulfilment?: string;
  readonly completedAt?: string;
  /** The payee's participant waits to be told. */
  readonly notifyPayee: boolean;
}

/** A bulk of transfers as a hub sees it: what is decided over its items is among the other transfers. */
export interface Bulk {
  readonly id: string;
  readonly payer: string;
  readonly payee: string;
  readonly items: readonly Omit<Transfer, 'state' | 'notifyPayee'>[];
  readonly expiresAt: number;
  /** Of the bytes of its preparation. */
  readonly digest: string;
  /** What became of it, as both sides are told; absent while the payee's participant has it. */
  readonly outcome?: BulkOutcome;
}
export interface BulkOutcome {
  readonly path: 'PUT' | 'error';
  readonly body: object;
}

export function fulfils(fulfilment: string, condition: string): boolean {
  return createHash('sha256').update(Buffer.from(fulfilment, 'base64url')).digest('base64url') === condition;
}

/** Net positions by participant: what it has received less what it has sent, in thousandths. Their sum is nought. */
export function positions(transfers: Iterable<Transfer>): Record<string, string> {
  const nets = new Map<string, bigint>();
  for (const { state, payer, payee, amount } of transfers) {
    if (state !== 'COMMITTED') continue;
    const [whole = '0', fraction = ''] = amount.amount.split('.');
    const moved = BigInt(whole + fraction.padEnd(4, '0'));
    nets.set(payer, (nets.get(payer) ?? 0n) - moved);
    nets.set(payee, (nets.get(payee) ?? 0n) + moved);
  }
  return Object.fromEntries([...nets].map(([name, net]) => [name, (net / 10n).toString()]));
}
