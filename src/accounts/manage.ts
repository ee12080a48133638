import type { Role } from '../identity';
import { assert, err, ok, type Result, type Tx } from '../platform';
import { allOrNothing, changeWithPin, eventAt, lockManaged, type Changed } from './change';
import type { AccountsDeps, PinProof } from './deps';
import type { AccountsError } from './errors';
import * as store from './store';

/** As many as fit on a list with numbers of one digit. */
export const accountsMax = 9;

export interface NewAccount extends PinProof {
  /** Drawn before the PIN was asked (`newNumber`): the same twice is one account. */
  readonly accountId: string;
  /** 1 to 20 letters. */
  readonly name: string;
  readonly isPrimary: boolean;
}

/**
 * Opens a further account for a person (R3). It is their primary when they say so (R18), or when it is the only one
 * they can use. Errors: the PIN's, `accounts_full`, `account_gone` (the number is somebody else's), `account_viewed`.
 */
export function open(deps: AccountsDeps, asked: NewAccount): Promise<Changed> {
  const { customerId, accountId, name } = asked;
  return changeWithPin(deps, asked, async (tx) => {
    await store.lockPeople(tx, [customerId]);
    const before = await store.accountById(tx, accountId);
    if (before) return before.ownerId === customerId ? ok(undefined) : err('account_gone');
    const held = await store.heldBy(tx, customerId);
    if (held.length >= accountsMax) return err('accounts_full');
    const isPrimary = asked.isPrimary || !held.some((account) => account.isPrimary);
    if (isPrimary) await store.clearPrimary(tx, customerId);
    const account = { accountId, ownerId: customerId, name, purpose: 'main', isPrimary } as const;
    await store.insertAccount(tx, { ...account, now: deps.clock.now() });
    await deps.tell(tx, customerId, 'sms.accountOpened', { account: { name } });
    const owner = await deps.identity.byId(tx, customerId);
    assert(owner, 'who opens an account is known');
    if (owner.status !== 'active') return err('account_gone');
    await openInLedger(deps, tx, { accountId, role: owner.role, customerId });
    await deps.audit.record(tx, [eventAt('account.named', asked, accountId, { new: { label: name, isPrimary } })]);
    return ok(undefined);
  });
}

async function openInLedger(
  { ledger, currency }: AccountsDeps,
  tx: Tx,
  { accountId, role, customerId }: { accountId: string; role: Role; customerId: string },
): Promise<void> {
  const bounds = { currency, floorMinor: 0n, ceilingMinor: null, limitProfile: null };
  await ledger.openAccount(tx, { accountId, kind: role, ...bounds }, { kind: 'customer', id: customerId });
}

/** Gives an account another name (R40). Errors: the PIN's, `account_gone`, `account_viewed`, `account_commission`. */
export function rename(
  deps: AccountsDeps,
  asked: PinProof & { readonly accountId: string; readonly name: string },
): Promise<Changed> {
  const { accountId, name } = asked;
  return changeWithPin(deps, asked, async (tx) => {
    const held = await lockManaged(tx, asked);
    if (!held.ok) return held;
    await store.updateName(tx, accountId, name);
    const values = { old: { name: held.value.name }, account: { name } };
    await deps.tell(tx, held.value.ownerId, 'sms.accountRenamed', values);
    const change = { old: { label: held.value.name }, new: { label: name } };
    await deps.audit.record(tx, [eventAt('account.renamed', asked, accountId, change)]);
    return ok(undefined);
  });
}

/**
 * From now on money sent to this person arrives there; the primary one before is secondary (R19).
 * Errors: the PIN's, `account_gone`, `account_viewed`, `account_commission`.
 */
export function makePrimary(deps: AccountsDeps, asked: PinProof & { readonly accountId: string }): Promise<Changed> {
  const { customerId, accountId } = asked;
  return changeWithPin(deps, asked, async (tx) => {
    const held = await lockManaged(tx, asked);
    if (!held.ok) return held;
    if (held.value.isPrimary) return ok(undefined);
    const before = await store.primaryOf(tx, customerId);
    await store.clearPrimary(tx, customerId);
    await store.setPrimary(tx, customerId, accountId);
    await deps.tell(tx, customerId, 'sms.primaryChanged', { account: { name: held.value.name } });
    const change = { old: { accountId: before?.accountId ?? null }, new: { customerId } };
    await deps.audit.record(tx, [eventAt('account.primary_changed', asked, accountId, change)]);
    return ok(undefined);
  });
}

/**
 * Closes an account for good (R8). It must be empty, with nothing held, and nobody closes their own primary one, nor its
 * owner's (R10): the last account of an owner closes with the profile only (Q1). Another holder whose primary it was gets
 * the oldest they have left. Errors: the PIN's, `account_gone`, `account_viewed`,
 * `account_commission`, `account_primary`, `account_not_empty`, `account_reserved`.
 */
export function close(deps: AccountsDeps, asked: PinProof & { readonly accountId: string }): Promise<Changed> {
  const { accountId } = asked;
  return changeWithPin(deps, asked, async (tx) => {
    const holders = await store.holdersOf(tx, accountId);
    const held = await lockManaged(
      tx,
      asked,
      holders.map(({ customerId }) => customerId),
    );
    if (!held.ok) return held;
    const ofOwner = await store.primaryOf(tx, held.value.ownerId);
    if (held.value.isPrimary || ofOwner?.accountId === accountId) return err('account_primary');
    const closed = await closeInLedger(deps, tx, asked);
    if (!closed.ok) return closed;
    for (const holder of await store.closeAccount(tx, accountId, deps.clock.now()))
      await settlePrimary(deps, tx, holder);
    await deps.tell(tx, held.value.ownerId, 'sms.accountClosed', { account: { name: held.value.name } });
    await deps.audit.record(tx, [eventAt('account.closed', asked, accountId, {})]);
    return ok(undefined);
  });
}

/** R11, R12: an account with money, or with something held or under way, stays open. */
export async function closeInLedger(
  { ledger }: AccountsDeps,
  tx: Tx,
  { accountId, customerId }: { accountId: string; customerId: string },
): Promise<Result<void, 'account_reserved' | 'account_not_empty' | 'account_gone'>> {
  const balance = await ledger.balance(tx, accountId);
  if (balance && (balance.pendingOutMinor > 0n || balance.pendingInMinor > 0n)) return err('account_reserved');
  const closed = await ledger.setStatus(tx, accountId, 'closed', { kind: 'customer', id: customerId });
  if (closed.ok) return closed;
  return err(closed.error === 'account_not_empty' ? 'account_not_empty' : 'account_gone');
}

/** R30: who has lost their primary account has the oldest that they can use instead, and is told. */
export async function settlePrimary(deps: AccountsDeps, tx: Tx, customerId: string): Promise<void> {
  if (!(await store.choosePrimary(tx, customerId))) return;
  const primary = await store.primaryOf(tx, customerId);
  assert(primary, 'what was just chosen is there');
  await deps.tell(tx, customerId, 'sms.primaryChanged', { account: { name: primary.name } });
}

/** The account to work with from now on (R16). Errors: `account_gone`. */
export function switchTo(
  deps: AccountsDeps,
  { customerId, accountId }: { readonly customerId: string; readonly accountId: string },
): Promise<Result<undefined, AccountsError>> {
  return allOrNothing(deps, async (tx) => {
    if (!(await store.findHeld(tx, customerId, accountId))) return err('account_gone');
    await store.setCurrent(tx, customerId, accountId);
    return ok(undefined);
  });
}
