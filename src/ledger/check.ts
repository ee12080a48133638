import { isHouse, stripes } from './chart';
import { untilResolved, type AccountId, type Leg, type Transfer } from './port';

const legsMax = 8;
const attachmentsMax = 16;
const amountMaxMinor = 10n ** 15n;
const agedMaxMs = 24 * 3_600_000;
/** Clocks of our own processes differ by less; more would be a number of a month that has no partition yet. */
const aheadMaxMs = 3_600_000;
const expiryMaxMs = 30 * 24 * 3_600_000;
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const accountNumber = /^[1-9]\d{0,18}$/;
const accountMax = '9223372036854775807';

/** The name of the first field that is malformed, or undefined. */
export function faultOf(transfer: Transfer, now: Date): string | undefined {
  const nowMs = now.getTime();
  if (!isFreshId(transfer.transferId, nowMs)) return 'transferId';
  const { attachments = [] } = transfer;
  if (attachments.length > attachmentsMax || attachments.some(({ writer }) => !/^[a-z_]{1,40}$/.test(writer))) {
    return 'attachments';
  }
  switch (transfer.kind) {
    case 'transfer':
      return legsFault(transfer.legs);
    case 'reserve':
      return isExpiry(transfer.expiresAt, nowMs) ? legsFault(transfer.legs) : 'expiresAt';
    case 'post':
      return uuidV7.test(transfer.pendingId) ? amountsFault(transfer.amountsMinor) : 'pendingId';
    case 'void':
      return uuidV7.test(transfer.pendingId) ? undefined : 'pendingId';
  }
}

function isExpiry(expiresAt: Date, nowMs: number): boolean {
  return expiresAt.getTime() <= nowMs + expiryMaxMs || expiresAt.getTime() === untilResolved.getTime();
}

/** An id tells when it was made; an old one could belong to a month that is in the archive. */
function isFreshId(id: string, nowMs: number): boolean {
  if (!uuidV7.test(id)) return false;
  const madeMs = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return madeMs >= nowMs - agedMaxMs && madeMs <= nowMs + aheadMaxMs;
}

function legsFault(legs: readonly Leg[]): string | undefined {
  if (legs.length < 1 || legs.length > legsMax) return 'legs';
  for (const { debitAccountId, creditAccountId, amountMinor } of legs) {
    if (!isAccount(debitAccountId)) return 'debitAccountId';
    if (!isAccount(creditAccountId) || creditAccountId === debitAccountId) return 'creditAccountId';
    if (amountMinor < 1n || amountMinor > amountMaxMinor) return 'amountMinor';
  }
  return undefined;
}

/** A stripe of a house account is none: with the lane added it would be another's. */
function isAccount(accountId: AccountId): boolean {
  if (!accountNumber.test(accountId)) return false;
  if (isHouse(accountId)) return Number(accountId) % stripes === 0;
  return accountId.length < accountMax.length || accountId <= accountMax;
}

function amountsFault(amounts: readonly bigint[] | undefined): string | undefined {
  if (amounts === undefined) return undefined;
  const good =
    amounts.length >= 1 &&
    amounts.length <= legsMax &&
    amounts.every((amount) => amount >= 0n && amount <= amountMaxMinor) &&
    amounts.some((amount) => amount > 0n);
  return good ? undefined : 'amountsMinor';
}
