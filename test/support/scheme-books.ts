/** What a scheme has on its books. The amount in the currency's smallest unit. */
export interface SchemeTransfer {
  readonly transferId: string;
  readonly state: 'open' | 'committed' | 'aborted';
  readonly amountMinor: bigint;
  readonly payer: string;
}

interface HubTransfer {
  readonly id: string;
  readonly state: 'RESERVED' | 'COMMITTED' | 'ABORTED';
  readonly payer: string;
  readonly amount: { readonly amount: string };
}
const hubStates = { RESERVED: 'open', COMMITTED: 'committed', ABORTED: 'aborted' } as const;

/** Of the hub (sims/hub) on this port of this machine. */
export async function hubTransfers(port: number): Promise<SchemeTransfer[]> {
  const response = await fetch(`http://127.0.0.1:${port}/transfers-seen`);
  return ((await response.json()) as HubTransfer[]).map(({ id, state, payer, amount }) => ({
    transferId: id,
    state: hubStates[state],
    payer,
    amountMinor: minorOf(amount.amount),
  }));
}

interface LedgerTransfer {
  readonly id: string;
  readonly state: string;
  readonly debits: readonly { readonly account: string; readonly amount: string }[];
}
const ledgerStates: Readonly<Record<string, SchemeTransfer['state']>> = { executed: 'committed', rejected: 'aborted' };

/** Of the central ledger of 2017 (sims/scheme), whose operator listens on this port of this machine. */
export async function ledgerTransfers(port: number): Promise<SchemeTransfer[]> {
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const response = await fetch(`http://127.0.0.1:${port}/transfers`, { headers: { authorization } });
  return ((await response.json()) as LedgerTransfer[]).map(({ id, state, debits: [debit] }) => ({
    transferId: id.split('/').at(-1) ?? '',
    state: ledgerStates[state] ?? 'open',
    payer: debit?.account.split('/').at(-1) ?? '',
    amountMinor: minorOf(debit?.amount ?? ''),
  }));
}

const minorOf = (amount: string): bigint => BigInt(Math.round(Number(amount) * 100));
