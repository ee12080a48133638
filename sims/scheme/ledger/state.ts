/** What the ledger remembers, and how each event changes it. Amounts are whole units of the ledger's scale. */

export type TransferState = 'proposed' | 'prepared' | 'executed' | 'rejected' | 'settled';

/** One debit or credit as its sender wrote it (4.1.1). */
export interface ShownEntry {
  account: string;
  amount: string;
  invoice?: string | undefined;
  memo?: Record<string, unknown> | undefined;
  authorized?: boolean | undefined;
  rejected?: boolean | undefined;
  rejection_message?: string | undefined;
}

/** What a client asks for: the transfer as it is saved. */
export interface Proposal {
  id: string;
  ledger: string;
  debits: ShownEntry[];
  credits: ShownEntry[];
  execution_condition: string;
  cancellation_condition?: string | undefined;
  expires_at: string;
}

/** The same debit or credit for the sums. */
export interface Entry {
  account: string;
  units: bigint;
}

export interface Transfer {
  id: string;
  proposal: Proposal;
  debits: Entry[];
  credits: Entry[];
  state: TransferState;
  timeline: Partial<Record<`${TransferState}_at`, string>>;
  expiresAt: number;
  fulfillment?: string;
  rejectionReason?: 'expired' | 'cancelled';
  rejectionMessage?: string;
  settlement?: string;
  /** Taken when it executed. */
  fees: Fee[];
}

export interface Fee {
  charge: string;
  payer: string;
  payee: string;
  units: string;
}

interface Sums {
  payments: bigint;
  receipts: bigint;
}

export interface Account {
  name: string;
  created: string;
  isDisabled: boolean;
  /** Salted hash; undefined where the password is the name, as in the directory. */
  password?: string;
  /** What the DFSP brought in. */
  funds: bigint;
  /** All that was ever executed, settled or not. */
  net: bigint;
  /** What transfers under way may still take. */
  held: bigint;
  /** Not settled yet. */
  transfers: Sums;
  fees: Sums;
}

export interface Charge {
  id: number;
  name: string;
  charge_type: 'fee';
  rate_type: 'flat' | 'percent';
  rate: string;
  minimum?: string | undefined;
  maximum?: string | undefined;
  code: string;
  is_active: boolean;
  payer: 'sender' | 'receiver' | 'ledger';
  payee: 'sender' | 'receiver' | 'ledger';
  created: string;
}

export interface Settlement {
  id: string;
  settled_at: string;
  transfers: string[];
  /** Net of each account in whole units; they sum to zero. */
  net: Record<string, string>;
}

export type LedgerEvent =
  | { type: 'account'; name: string; at: string; funds: string; password?: string }
  | { type: 'account-changed'; name: string; isDisabled?: boolean; funds?: string }
  | { type: 'transfer'; id: string; at: string; proposal: Proposal; debits: Kept[]; credits: Kept[]; prepared: boolean }
  | { type: 'prepared'; id: string; at: string }
  | { type: 'executed'; id: string; at: string; fulfillment: string; fees: Fee[] }
  | Rejected
  | ({ type: 'settled' } & Settlement)
  | { type: 'charge'; charge: Charge };

export interface Rejected {
  type: 'rejected';
  id: string;
  at: string;
  reason: 'expired' | 'cancelled';
  message?: string;
  fulfillment?: string;
}

interface Kept {
  account: string;
  units: string;
}

/** The account that pays or gets a fee in the name of the ledger itself; no DFSP can have its name. */
export const LEDGER_ACCOUNT = '~ledger';

export interface LedgerState {
  accounts: Map<string, Account>;
  transfers: Map<string, Transfer>;
  /** Those that can still execute. */
  open: Set<Transfer>;
  executed: Set<Transfer>;
  charges: Map<number, Charge>;
  settlements: Settlement[];
}

export const isOpen = ({ state }: Transfer): boolean => state === 'proposed' || state === 'prepared';

export function newState(): LedgerState {
  const ledger = newAccount(LEDGER_ACCOUNT, '', 0n);
  return {
    accounts: new Map([[ledger.name, ledger]]),
    transfers: new Map(),
    open: new Set(),
    executed: new Set(),
    charges: new Map(),
    settlements: [],
  };
}

const newAccount = (name: string, created: string, funds: bigint): Account => ({
  name,
  created,
  isDisabled: false,
  funds,
  net: 0n,
  held: 0n,
  transfers: { payments: 0n, receipts: 0n },
  fees: { payments: 0n, receipts: 0n },
});

/** The one way to change the state, live and when the journal is read again. */
export function apply(state: LedgerState, event: LedgerEvent): void {
  switch (event.type) {
    case 'account': {
      const account = newAccount(event.name, event.at, BigInt(event.funds));
      state.accounts.set(event.name, event.password === undefined ? account : { ...account, password: event.password });
      return;
    }
    case 'account-changed': {
      const account = accountOf(state, event.name);
      account.isDisabled = event.isDisabled ?? account.isDisabled;
      if (event.funds !== undefined) account.funds = BigInt(event.funds);
      return;
    }
    case 'transfer':
      addTransfer(state, event);
      return;
    case 'prepared':
      moveTo('prepared', transferOf(state, event.id), event.at);
      return;
    case 'executed':
      execute(state, event);
      return;
    case 'rejected':
      reject(state, event);
      return;
    case 'settled':
      settle(state, event);
      return;
    case 'charge':
      state.charges.set(event.charge.id, event.charge);
  }
}

function accountOf(state: LedgerState, name: string): Account {
  const account = state.accounts.get(name);
  if (account === undefined) throw new Error(`no account ${name}`);
  return account;
}

function transferOf(state: LedgerState, id: string): Transfer {
  const transfer = state.transfers.get(id);
  if (transfer === undefined) throw new Error(`no transfer ${id}`);
  return transfer;
}

function moveTo(to: TransferState, transfer: Transfer, at: string): void {
  transfer.state = to;
  transfer.timeline[`${to}_at`] = at;
}

function addTransfer(state: LedgerState, event: Extract<LedgerEvent, { type: 'transfer' }>): void {
  const entries = (kept: Kept[]): Entry[] => kept.map(({ account, units }) => ({ account, units: BigInt(units) }));
  const transfer: Transfer = {
    id: event.id,
    proposal: event.proposal,
    debits: entries(event.debits),
    credits: entries(event.credits),
    state: 'proposed',
    timeline: {},
    expiresAt: Date.parse(event.proposal.expires_at),
    fees: [],
  };
  moveTo('proposed', transfer, event.at);
  if (event.prepared) moveTo('prepared', transfer, event.at);
  state.transfers.set(event.id, transfer);
  state.open.add(transfer);
  transfer.debits.forEach(({ account, units }) => (accountOf(state, account).held += units));
}

/** Once executed or rejected, a transfer holds nothing. */
function close(state: LedgerState, transfer: Transfer): void {
  state.open.delete(transfer);
  transfer.debits.forEach(({ account, units }) => (accountOf(state, account).held -= units));
}

function execute(state: LedgerState, event: Extract<LedgerEvent, { type: 'executed' }>): void {
  const transfer = transferOf(state, event.id);
  close(state, transfer);
  transfer.timeline.prepared_at ??= event.at;
  moveTo('executed', transfer, event.at);
  transfer.fulfillment = event.fulfillment;
  transfer.fees = event.fees;
  state.executed.add(transfer);
  transfer.debits.forEach(({ account, units }) => pay(accountOf(state, account), 'transfers', units));
  transfer.credits.forEach(({ account, units }) => receive(accountOf(state, account), 'transfers', units));
  event.fees.forEach(({ payer, payee, units }) => {
    pay(accountOf(state, payer), 'fees', BigInt(units));
    receive(accountOf(state, payee), 'fees', BigInt(units));
  });
}

function pay(account: Account, kind: 'transfers' | 'fees', units: bigint): void {
  account[kind].payments += units;
  account.net -= units;
}

function receive(account: Account, kind: 'transfers' | 'fees', units: bigint): void {
  account[kind].receipts += units;
  account.net += units;
}

function reject(state: LedgerState, event: Rejected): void {
  const transfer = transferOf(state, event.id);
  close(state, transfer);
  moveTo('rejected', transfer, event.at);
  transfer.rejectionReason = event.reason;
  if (event.message !== undefined) transfer.rejectionMessage = event.message;
  if (event.fulfillment !== undefined) transfer.fulfillment = event.fulfillment;
}

function settle(state: LedgerState, event: Extract<LedgerEvent, { type: 'settled' }>): void {
  for (const id of event.transfers) {
    const transfer = transferOf(state, id);
    moveTo('settled', transfer, event.settled_at);
    transfer.settlement = event.id;
    state.executed.delete(transfer);
  }
  // All that was executed settles together, so what is left of every account is nothing.
  for (const account of state.accounts.values()) {
    account.transfers = { payments: 0n, receipts: 0n };
    account.fees = { payments: 0n, receipts: 0n };
  }
  const { id, settled_at, transfers, net } = event;
  state.settlements.push({ id, settled_at, transfers, net });
}
