import type { AuditEvent } from '../audit';
import { fullName } from '../identity';
import { assert, err, ok, type Result, type Tx } from '../platform';
import type { HeldAccount } from './account';
import { eventAt } from './change';
import type { AccountsDeps } from './deps';
import { closeInLedger, settlePrimary } from './manage';
import * as store from './store';

/** Why an account can't be closed. */
type NotEmpty = 'account_not_empty' | 'account_reserved';

interface Leaver {
  readonly customerId: string;
  readonly hopKey: string;
}

/** The open accounts that a person owns. Until the transaction ends nobody changes one, nor what the person holds. */
export async function lockOwned(tx: Tx, customerId: string): Promise<HeldAccount[]> {
  const people = new Set([customerId]);
  for (const { accountId } of await ownedBy(tx, customerId)) {
    await store.lockAccount(tx, accountId);
    for (const holder of await store.holdersOf(tx, accountId)) people.add(holder.customerId);
  }
  await store.lockPeople(tx, [...people]);
  return ownedBy(tx, customerId); // one may have been opened until now
}

async function ownedBy(tx: Tx, customerId: string): Promise<HeldAccount[]> {
  const held = await store.heldBy(tx, customerId);
  return held
    .filter(({ ownerId }) => ownerId === customerId)
    .sort((one, other) => (BigInt(one.accountId) < BigInt(other.accountId) ? -1 : 1));
}

/**
 * A person leaves: every account of theirs is closed, the primary one too, and they hold none of anybody else's. Others
 * are told what that takes from them; invitations that the person made come to nothing. The ledger has the last word:
 * what is not empty is not closed, whatever arrived meanwhile. Whoever calls has locked with `lockOwned`, records what is
 * returned, and rolls back after a refusal. Errors: `account_not_empty`, `account_reserved`.
 */
export async function leave(deps: AccountsDeps, tx: Tx, leaver: Leaver): Promise<Result<AuditEvent[], NotEmpty>> {
  const { customerId } = leaver;
  const events: AuditEvent[] = [];
  const owned = await ownedBy(tx, customerId);
  for (const account of owned) events.push(await closeRows(deps, tx, { account, leaver }));
  for (const account of await store.heldBy(tx, customerId)) events.push(await stepBack(deps, tx, { account, leaver }));
  await store.settleInvitationsOf(tx, { customerId, now: deps.clock.now() });
  for (const { accountId } of owned) {
    const closed = await closeInLedger(deps, tx, { accountId, customerId });
    if (closed.ok) continue;
    assert(closed.error !== 'account_gone', 'what is open here is open in the ledger');
    return err(closed.error);
  }
  return ok(events);
}

interface Leaving {
  readonly account: HeldAccount;
  readonly leaver: Leaver;
}

async function closeRows(deps: AccountsDeps, tx: Tx, { account, leaver }: Leaving): Promise<AuditEvent> {
  const { accountId, name } = account;
  for (const holder of await store.closeAccount(tx, accountId, deps.clock.now())) {
    if (holder === leaver.customerId) continue;
    await deps.tell(tx, holder, 'sms.accessRemoved', { account: { name } });
    await settlePrimary(deps, tx, holder);
  }
  return eventAt('account.closed', leaver, accountId, {});
}

/** Of somebody else's account: the owner goes on with it. */
async function stepBack(deps: AccountsDeps, tx: Tx, { account, leaver }: Leaving): Promise<AuditEvent> {
  const { accountId, ownerId, rank, name } = account;
  const { customerId } = leaver;
  await store.deleteHolder(tx, accountId, customerId);
  const person = await deps.identity.byId(tx, customerId);
  const who = { name: person ? fullName(person) : '' };
  await deps.tell(tx, ownerId, 'sms.holderRemoved', { name: who, account: { name } });
  return eventAt('account.holder_removed', leaver, accountId, { old: { customerId, rank } });
}
