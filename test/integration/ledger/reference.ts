import type {
  AccountBounds,
  AccountStatus,
  LedgerError,
  Leg,
  LimitProfile,
  NewAccount,
  Transfer,
} from '../../../src/ledger';
import { periodsOf, type Periods } from './limit-periods';

/**
 * The ledger's rules once more, written to be read and not to be fast: it keeps no counter at all, only the list of
 * what was moved and of what counted, and adds that list up whenever a rule asks for a balance or a limit.
 */
export interface Reference {
  open(account: NewAccount): void;
  setStatus(accountId: string, status: AccountStatus): string;
  setBounds(accountId: string, bounds: AccountBounds): string;
  setLimits(profile: LimitProfile): void;
  /** `done`, `again`, or the refusal with the account that is its reason; `a|b`: either. */
  post(transfer: Transfer, now: Date): string;
  expired(now: Date): string[];
  /** Posted, pending out and pending in. */
  balance(accountId: string): { posted: bigint; out: bigint; in: bigint };
  /** What was booked on an account, oldest first, credits positive. */
  history(accountId: string): { transferId: string; signed: bigint }[];
  /** The legs of a reservation that was accepted. */
  legsOf(pendingId: string): readonly Leg[] | undefined;
  firstOf(transferId: string): { readonly transfer: Transfer; readonly word: string } | undefined;
}

interface Account extends NewAccount {
  status: AccountStatus;
  /** Grows whenever limits begin: what was held before gives nothing back to them. */
  era: number;
}
interface Moved {
  readonly transferId: string;
  readonly leg: Leg;
  readonly held: boolean;
}
/** One that counts, on one side, and how much of it is left. */
interface Counted {
  readonly transferId: string;
  readonly legIndex: number;
  readonly accountId: string;
  readonly side: 'out' | 'in';
  readonly at: Periods;
  readonly era: number;
  amountMinor: bigint;
}
interface Reservation {
  readonly legs: readonly Leg[];
  readonly expiresAt: Date;
  open: boolean;
}
interface Books {
  readonly accounts: Map<string, Account>;
  readonly profiles: Map<number, LimitProfile>;
  readonly known: Map<string, { transfer: Transfer; word: string }>;
  readonly reservations: Map<string, Reservation>;
  moved: Moved[];
  counted: Counted[];
}

const dayMs = 24 * 3_600_000;

export function createReference(): Reference {
  const books: Books = {
    ...{ accounts: new Map(), profiles: new Map(), known: new Map(), reservations: new Map() },
    ...{ moved: [], counted: [] },
  };
  return {
    open: (account) => void books.accounts.set(account.accountId, { ...account, status: 'open', era: 0 }),
    setStatus: (accountId, status) => setStatus(books, accountId, status),
    setBounds: (accountId, bounds) => setBounds(books, accountId, bounds),
    setLimits: (profile) => void books.profiles.set(profile.profile, profile),
    post: (transfer, now) => post(books, transfer, now),
    expired: (now) =>
      [...books.reservations]
        .filter(([, { open, expiresAt }]) => open && expiresAt <= now)
        .sort(([one, a], [other, b]) => a.expiresAt.getTime() - b.expiresAt.getTime() || (one < other ? -1 : 1))
        .map(([id]) => id),
    balance: (accountId) => balanceOf(books.moved, accountId),
    history: (accountId) =>
      books.moved.flatMap(({ transferId, leg, held }) => {
        if (held) return [];
        if (leg.debitAccountId === accountId) return [{ transferId, signed: -leg.amountMinor }];
        return leg.creditAccountId === accountId ? [{ transferId, signed: leg.amountMinor }] : [];
      }),
    legsOf: (pendingId) => books.reservations.get(pendingId)?.legs,
    firstOf: (transferId) => books.known.get(transferId),
  };
}

function balanceOf(moved: readonly Moved[], accountId: string): { posted: bigint; out: bigint; in: bigint } {
  const sum = (side: 'debitAccountId' | 'creditAccountId', held: boolean) =>
    moved
      .filter((one) => one.held === held && one.leg[side] === accountId)
      .reduce((total, { leg }) => total + leg.amountMinor, 0n);
  return {
    posted: sum('creditAccountId', false) - sum('debitAccountId', false),
    out: sum('debitAccountId', true),
    in: sum('creditAccountId', true),
  };
}

function setStatus({ accounts, moved }: Books, accountId: string, status: AccountStatus): string {
  const account = accounts.get(accountId);
  if (!account) return 'account_unknown';
  if (account.status === status) return 'done';
  if (account.status === 'closed') return 'account_closed';
  const balance = balanceOf(moved, accountId);
  if (status === 'closed' && (balance.posted !== 0n || balance.out !== 0n || balance.in !== 0n)) {
    return 'account_not_empty';
  }
  account.status = status;
  return 'done';
}

function setBounds({ accounts, moved }: Books, accountId: string, bounds: AccountBounds): string {
  const account = accounts.get(accountId);
  if (!account) return 'account_unknown';
  if (account.status === 'closed') return 'account_closed';
  const balance = balanceOf(moved, accountId);
  if (bounds.floorMinor !== null && balance.posted - balance.out < bounds.floorMinor) return 'bounds_exceeded';
  if (bounds.ceilingMinor !== null && balance.posted + balance.in > bounds.ceilingMinor) return 'bounds_exceeded';
  const era = account.era + (account.limitProfile === null && bounds.limitProfile !== null ? 1 : 0);
  accounts.set(accountId, { ...account, ...bounds, era });
  return 'done';
}

function post(books: Books, transfer: Transfer, now: Date): string {
  const { transferId } = transfer;
  const madeMs = Number.parseInt(transferId.slice(0, 8) + transferId.slice(9, 13), 16);
  if (madeMs < now.getTime() - dayMs) return 'transfer_invalid transferId';
  const before = books.known.get(transferId);
  if (before) return again(books, before, transfer);
  const word = 'legs' in transfer ? begin(books, transfer, now) : resolve(books, transfer, now);
  if (!word.startsWith('transfer_invalid')) books.known.set(transferId, { transfer, word });
  return word;
}

function again(books: Books, before: { transfer: Transfer; word: string }, transfer: Transfer): string {
  const same = contentOf(books, before.transfer) === contentOf(books, transfer);
  // Of what was not there to be posted no amounts need be on record.
  const first = before.transfer.kind === 'post' && before.word.startsWith('pending_') ? before.transfer : undefined;
  const vague = transfer.kind === 'post' && first?.pendingId === transfer.pendingId;
  if (!same) return vague ? `${before.word}|transfer_exists_different` : 'transfer_exists_different';
  return before.word === 'done' ? 'again' : before.word;
}

/** The expiry is not part of the content. */
function contentOf({ reservations }: Books, transfer: Transfer): string {
  const text = (value: unknown) =>
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
  if ('legs' in transfer) {
    const legs = transfer.legs.map((leg) => [
      leg.debitAccountId,
      leg.creditAccountId,
      leg.amountMinor,
      leg.code,
      leg.counted ?? false,
    ]);
    return text([transfer.kind, legs]);
  }
  const inFull = reservations.get(transfer.pendingId)?.legs.map(({ amountMinor }) => amountMinor);
  const amounts = transfer.kind === 'post' ? (transfer.amountsMinor ?? inFull) : undefined;
  return text([transfer.kind, transfer.pendingId, amounts]);
}

function begin(books: Books, transfer: Extract<Transfer, { legs: unknown }>, now: Date): string {
  const held = transfer.kind === 'reserve';
  if (transfer.kind === 'reserve' && transfer.expiresAt <= now) return 'transfer_expired';
  const trial = { ...books, moved: [...books.moved], counted: [...books.counted] };
  for (const [legIndex, leg] of transfer.legs.entries()) {
    const refusal = refuse(trial, leg, now);
    if (refusal !== undefined) return refusal.join(' ');
    trial.moved.push({ transferId: transfer.transferId, leg, held });
    if (leg.counted === true) count(trial, transfer.transferId, { leg, legIndex, now });
  }
  books.moved = trial.moved;
  books.counted = trial.counted;
  if (transfer.kind === 'reserve') {
    const { legs, expiresAt } = transfer;
    books.reservations.set(transfer.transferId, { legs, expiresAt, open: true });
  }
  return 'done';
}

function count(
  books: Books,
  transferId: string,
  { leg, legIndex, now }: { leg: Leg; legIndex: number; now: Date },
): void {
  for (const [side, accountId] of [
    ['out', leg.debitAccountId],
    ['in', leg.creditAccountId],
  ] as const) {
    const account = books.accounts.get(accountId);
    if (account?.limitProfile == null) continue;
    const { amountMinor } = leg;
    books.counted.push({ transferId, legIndex, accountId, side, at: periodsOf(now), era: account.era, amountMinor });
  }
}

/** Why a leg cannot be, and because of whom. */
function refuse(books: Books, leg: Leg, now: Date): [LedgerError, string] | undefined {
  const { accounts, moved } = books;
  const pair = [leg.debitAccountId, leg.creditAccountId] as const;
  const missing = pair.find((accountId) => !accounts.has(accountId));
  if (missing !== undefined) return ['account_unknown', missing];
  const [payer, payee] = pair.map((accountId) => accounts.get(accountId)) as [Account, Account];
  return refuseTerms(payer, payee) ?? refuseBounds(moved, leg, { payer, payee }) ?? refuseLimits(books, leg, now);
}

function refuseTerms(payer: Account, payee: Account): [LedgerError, string] | undefined {
  for (const [{ status, accountId }, frozen] of [
    [payer, 'frozen_debit'],
    [payee, 'frozen_credit'],
  ] as const) {
    if (status === 'closed') return ['account_closed', accountId];
    if (status === frozen || status === 'frozen') return ['account_frozen', accountId];
  }
  return payer.currency === payee.currency ? undefined : ['currency_mismatch', payee.accountId];
}

function refuseBounds(
  moved: readonly Moved[],
  leg: Leg,
  { payer, payee }: { payer: Account; payee: Account },
): [LedgerError, string] | undefined {
  const [out, into] = [balanceOf(moved, payer.accountId), balanceOf(moved, payee.accountId)];
  if (payer.floorMinor !== null && out.posted - out.out - leg.amountMinor < payer.floorMinor) {
    return ['insufficient_funds', payer.accountId];
  }
  if (payee.ceilingMinor !== null && into.posted + into.in + leg.amountMinor > payee.ceilingMinor) {
    return ['ceiling_exceeded', payee.accountId];
  }
  return undefined;
}

function refuseLimits(books: Books, leg: Leg, now: Date): [LedgerError, string] | undefined {
  const { debitAccountId, creditAccountId, amountMinor, counted } = leg;
  if (counted !== true) return undefined;
  const sides = [
    { side: 'out', accountId: debitAccountId },
    { side: 'in', accountId: creditAccountId },
  ] as const;
  const full = sides.find((one) => !isWithinLimits(books, { ...one, amountMinor, now }));
  return full && ['limit_exceeded', full.accountId];
}

interface Counting {
  readonly accountId: string;
  readonly side: 'out' | 'in';
  readonly amountMinor: bigint;
  readonly now: Date;
}

function isWithinLimits(
  { accounts, profiles, counted }: Books,
  { accountId, side, amountMinor, now }: Counting,
): boolean {
  const profile = profiles.get(accounts.get(accountId)?.limitProfile ?? 0);
  if (!profile) return true;
  const own = counted.filter((one) => one.accountId === accountId && one.side === side);
  return (['day', 'week', 'month', 'year'] as const).every((period) => {
    const limit = profile[side][period];
    const those = own.filter(({ at }) => at[period] === periodsOf(now)[period]);
    const used = those.reduce((sum, one) => sum + one.amountMinor, 0n);
    const amountFits = limit?.amountMinor === undefined || used + amountMinor <= limit.amountMinor;
    return amountFits && (limit?.count === undefined || those.length < limit.count);
  });
}

function resolve(books: Books, transfer: Extract<Transfer, { pendingId: string }>, now: Date): string {
  const reservation = books.reservations.get(transfer.pendingId);
  if (!reservation) return 'pending_unknown';
  if (!reservation.open) return 'pending_gone';
  if (transfer.kind === 'post' && reservation.expiresAt <= now) return 'transfer_expired';
  const posts = (amountMinor: bigint, index: number): bigint =>
    transfer.kind === 'void' ? 0n : (transfer.amountsMinor?.[index] ?? amountMinor);
  const amounts = reservation.legs.map(({ amountMinor }, index) => posts(amountMinor, index));
  if (reservation.legs.some(({ amountMinor }, index) => posts(amountMinor, index) > amountMinor)) {
    return 'amount_exceeds_pending';
  }
  carryOut(books, transfer, { reservation, amounts });
  return 'done';
}

function carryOut(
  books: Books,
  transfer: Extract<Transfer, { pendingId: string }>,
  { reservation, amounts }: { reservation: Reservation; amounts: readonly bigint[] },
): void {
  reservation.open = false;
  books.moved = books.moved.filter(({ transferId }) => transferId !== transfer.pendingId);
  for (const [legIndex, leg] of reservation.legs.entries()) {
    const amountMinor = amounts[legIndex] ?? 0n;
    if (amountMinor > 0n)
      books.moved.push({ transferId: transfer.transferId, leg: { ...leg, amountMinor }, held: false });
    for (const one of books.counted) {
      const account = books.accounts.get(one.accountId);
      const counts = account?.limitProfile !== null && account?.era === one.era;
      if (one.transferId === transfer.pendingId && one.legIndex === legIndex && counts) one.amountMinor = amountMinor;
    }
  }
}
