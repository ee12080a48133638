import type {
  AccountStatus,
  AccountStatusError,
  LedgerError,
  Leg,
  NewAccount,
  NewTransfer,
  TransferOutcome,
} from '../../../src/ledger';
import { err, ok, type Result } from '../../../src/platform';

/**
 * The ledger's rules once more, written to be read and not to be fast: it keeps no counter at all, only the list of
 * what was moved, and adds that list up whenever a rule asks for a balance.
 */
export interface Reference {
  open(account: NewAccount): void;
  setStatus(accountId: string, status: AccountStatus): Result<void, AccountStatusError>;
  transfer(transfer: NewTransfer, now: Date): Result<TransferOutcome, LedgerError>;
  post(transferId: string, now: Date): Result<TransferOutcome, LedgerError>;
  void(transferId: string): Result<TransferOutcome, LedgerError>;
  expired(now: Date, limit: number): string[];
  /** Posted, pending out and pending in, of every account that is open. */
  balances(): { accountId: string; posted: bigint; out: bigint; in: bigint }[];
  /** What was booked on an account, oldest first, credits positive. */
  history(accountId: string): { transferId: string; signed: bigint }[];
}

interface Move {
  readonly transferId: string;
  readonly leg: Leg;
  readonly held: boolean;
}
interface Known {
  readonly asked: NewTransfer;
  state: TransferOutcome['state'] | 'rejected';
  readonly refusal?: Result<never, LedgerError>;
}
interface Held extends NewAccount {
  status: AccountStatus;
}

export function createReference(): Reference {
  const accounts = new Map<string, Held>();
  const known = new Map<string, Known>();
  let moves: Move[] = [];

  const sum = (list: readonly Move[], side: 'debitAccountId' | 'creditAccountId', accountId: string, held: boolean) =>
    list
      .filter((move) => move.held === held && move.leg[side] === accountId)
      .reduce((total, { leg }) => total + leg.amountMinor, 0n);
  const stateOf = (list: readonly Move[], accountId: string) => ({
    posted: sum(list, 'creditAccountId', accountId, false) - sum(list, 'debitAccountId', accountId, false),
    out: sum(list, 'debitAccountId', accountId, true),
    in: sum(list, 'creditAccountId', accountId, true),
  });

  const refuse = (list: readonly Move[], leg: Leg): Result<never, LedgerError> | undefined => {
    const pair = [leg.debitAccountId, leg.creditAccountId];
    const missing = pair.find((accountId) => !accounts.has(accountId));
    if (missing !== undefined) return err('account_unknown', { accountId: missing });
    const [debit, credit] = pair.map((accountId) => accounts.get(accountId)) as [Held, Held];
    for (const { status, accountId } of [debit, credit]) {
      if (status === 'frozen') return err('account_frozen', { accountId });
      if (status === 'closed') return err('account_closed', { accountId });
    }
    if (debit.currency !== credit.currency) return err('currency_mismatch', { accountId: credit.accountId });
    const payer = stateOf(list, debit.accountId);
    if (debit.floorMinor !== null && payer.posted - payer.out - leg.amountMinor < debit.floorMinor) {
      return err('insufficient_funds', { accountId: debit.accountId });
    }
    const payee = stateOf(list, credit.accountId);
    if (credit.ceilingMinor !== null && payee.posted + payee.in + leg.amountMinor > credit.ceilingMinor) {
      return err('ceiling_exceeded', { accountId: credit.accountId });
    }
    return undefined;
  };

  const attempt = (asked: NewTransfer, now: Date): Known => {
    const held = asked.expiresAt !== undefined;
    if (asked.expiresAt && asked.expiresAt <= now)
      return { asked, state: 'rejected', refusal: err('transfer_expired') };
    const list = [...moves];
    for (const leg of asked.legs) {
      const refusal = refuse(list, leg);
      if (refusal) return { asked, state: 'rejected', refusal };
      list.push({ transferId: asked.transferId, leg, held });
    }
    moves = list;
    return { asked, state: held ? 'pending' : 'posted' };
  };

  const answer = (transferId: string, found: Known, repeated: boolean): Result<TransferOutcome, LedgerError> => {
    if (found.state === 'rejected') return found.refusal ?? err('transfer_unknown');
    return ok({ transferId, state: found.state, repeated });
  };

  const settle = (transferId: string, state: 'posted' | 'voided', now?: Date): Result<TransferOutcome, LedgerError> => {
    const found = known.get(transferId);
    if (!found) return err('transfer_unknown');
    if (found.state === state) return ok({ transferId, state, repeated: true });
    if (found.state !== 'pending') return err('transfer_not_pending');
    if (now && found.asked.expiresAt && found.asked.expiresAt <= now) return err('transfer_expired');
    const own = moves.filter((move) => move.transferId === transferId);
    moves = moves.filter((move) => move.transferId !== transferId);
    if (state === 'posted') moves.push(...own.map((move) => ({ ...move, held: false })));
    found.state = state;
    return ok({ transferId, state, repeated: false });
  };

  return {
    open: (account) => {
      if (!accounts.has(account.accountId)) accounts.set(account.accountId, { ...account, status: 'open' });
    },
    setStatus: (accountId, status) => {
      const account = accounts.get(accountId);
      if (!account) return err('account_unknown');
      if (account.status === 'closed' && status !== 'closed') return err('account_closed');
      const { posted, out, in: coming } = stateOf(moves, accountId);
      const empty = posted === 0n && out === 0n && coming === 0n;
      if (status === 'closed' && !empty) return err('account_not_empty');
      account.status = status;
      return ok(undefined);
    },
    transfer: (asked, now) => {
      const before = known.get(asked.transferId);
      if (before) {
        return sameContent(before.asked, asked)
          ? answer(asked.transferId, before, true)
          : err('transfer_exists_different');
      }
      const found = attempt(asked, now);
      known.set(asked.transferId, found);
      return answer(asked.transferId, found, false);
    },
    post: (transferId, now) => settle(transferId, 'posted', now),
    void: (transferId) => settle(transferId, 'voided'),
    expired: (now, limit) =>
      [...known]
        .flatMap(([id, { state, asked }]) => (state === 'pending' ? [{ id, at: asked.expiresAt?.getTime() ?? 0 }] : []))
        .filter(({ at }) => at <= now.getTime())
        .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(({ id }) => id),
    balances: () => [...accounts.keys()].map((accountId) => ({ accountId, ...stateOf(moves, accountId) })),
    history: (accountId) =>
      moves.flatMap(({ transferId, leg, held }) => {
        if (held) return [];
        if (leg.debitAccountId === accountId) return [{ transferId, signed: -leg.amountMinor }];
        return leg.creditAccountId === accountId ? [{ transferId, signed: leg.amountMinor }] : [];
      }),
  };
}

function sameContent(a: NewTransfer, b: NewTransfer): boolean {
  const content = ({ legs, expiresAt }: NewTransfer) => [
    expiresAt !== undefined,
    ...legs.map((leg) => [leg.debitAccountId, leg.creditAccountId, leg.amountMinor.toString(), leg.code]),
  ];
  return JSON.stringify(content(a)) === JSON.stringify(content(b));
}
