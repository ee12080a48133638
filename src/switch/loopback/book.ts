import type { OutgoingTransfer, SchemeError, StatementLine, TransferOutcome } from '../port';

/** The transfers of a loopback hub: each is prepared once and decided once. */
export interface Book {
  /** `new`: it goes to the payee's provider; `again`: it is there already; its outcome, where it has one. */
  prepare(payerDfspId: string, transfer: OutgoingTransfer): 'new' | 'again' | 'modified' | TransferOutcome;
  /** The payee's provider holds the money, or has refused it. Undefined where nothing changes by it. */
  answer(transferId: string, dfspId: string, error: SchemeError | undefined): Decided | undefined;
  outcomeOf(transferId: string): TransferOutcome;
  expire(): Decided[];
  /** What a member has a part in, of what was taken or decided in a window. */
  statement(dfspId: string, window: { readonly from: Date; readonly to: Date }): StatementLine[];
}

export interface Decided {
  readonly transfer: OutgoingTransfer;
  readonly payerDfspId: string;
  readonly outcome: TransferOutcome;
  readonly createdAt: Date;
  readonly decidedAt?: Date;
}

const expired: SchemeError = { code: '3303', description: 'Transfer expired', moneyMoved: 'no' };

export function createBook(now: () => Date): Book {
  const entries = new Map<string, Decided>();
  const decide = (entry: Decided, state: 'committed' | 'aborted', error?: SchemeError): Decided => {
    const { transferId } = entry.transfer;
    const decided = { ...entry, outcome: { transferId, state, ...(error && { error }) }, decidedAt: now() };
    entries.set(transferId, decided);
    return decided;
  };
  return {
    prepare: (payerDfspId, transfer) => {
      const { transferId } = transfer;
      const known = entries.get(transferId);
      if (!known) {
        const entry: Decided = { transfer, payerDfspId, outcome: { transferId, state: 'pending' }, createdAt: now() };
        if (transfer.expiresAt <= now()) return decide(entry, 'aborted', expired).outcome;
        entries.set(transferId, entry);
        return 'new';
      }
      if (contentOf(known.transfer) !== contentOf(transfer)) return 'modified';
      return known.outcome.state === 'pending' ? 'again' : known.outcome;
    },
    answer: (transferId, dfspId, error) => {
      const entry = entries.get(transferId);
      if (entry?.transfer.dfspId !== dfspId) return undefined;
      // What is decided stays, and is told again: whoever answers once more has not heard of it.
      if (entry.outcome.state !== 'pending') return entry;
      if (error) return decide(entry, 'aborted', error);
      return entry.transfer.expiresAt <= now() ? decide(entry, 'aborted', expired) : decide(entry, 'committed');
    },
    outcomeOf: (transferId) => entries.get(transferId)?.outcome ?? { transferId, state: 'unknown' },
    expire: () =>
      Array.from(entries.values())
        .filter(({ outcome, transfer }) => outcome.state === 'pending' && transfer.expiresAt <= now())
        .map((entry) => decide(entry, 'aborted', expired)),
    statement: (dfspId, { from, to }) => {
      const within = (at?: Date): boolean => at !== undefined && at >= from && at < to;
      return Array.from(entries.values())
        .filter(({ payerDfspId, transfer }) => payerDfspId === dfspId || transfer.dfspId === dfspId)
        .filter(({ createdAt, decidedAt }) => within(createdAt) || within(decidedAt))
        .map(lineOf);
    },
  };
}

function lineOf({ transfer, payerDfspId, outcome, createdAt, decidedAt }: Decided): StatementLine {
  const { transferId, dfspId: payeeDfspId, amount } = transfer;
  const state = outcome.state === 'committed' || outcome.state === 'aborted' ? outcome.state : 'pending';
  return { transferId, payerDfspId, payeeDfspId, amount, state, createdAt, ...(decidedAt && { decidedAt }) };
}

function contentOf({ dfspId, quoteId, amount, terms, expiresAt }: OutgoingTransfer): string {
  return JSON.stringify([dfspId, quoteId, amount.amountMinor.toString(), amount.currency, terms, expiresAt]);
}
