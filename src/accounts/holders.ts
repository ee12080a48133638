import { fullName, type Customer } from '../identity';
import { err, ok, type Msisdn, type Result, type Tx } from '../platform';
import type { HeldAccount, HolderRank } from './account';
import { changeWithPin, eventAt, lockManaged, type Changed } from './change';
import type { AccountsDeps, PinProof } from './deps';
import type { AccountsError } from './errors';
import { accountsMax, settlePrimary } from './manage';
import * as store from './store';

/** What an added holder may be. */
export type AddedRank = Exclude<HolderRank, 'owner'>;

/** As many as fit on a list with numbers of one digit, and one number to add one. */
const holdersMax = 8;

/** Somebody who holds an account, or who is invited to, as its holders see them. */
export interface Holder {
  readonly customerId: string;
  readonly name: string;
  readonly rank: HolderRank;
}
export interface Invited {
  readonly msisdn: Msisdn;
  readonly rank: AddedRank;
}

/** R38: who holds an account, the owner first; those who have still to sign up by their phone. */
export async function holdersAndInvited(
  { identity, clock }: AccountsDeps,
  tx: Tx,
  accountId: string,
): Promise<{ holders: Holder[]; invited: Invited[] }> {
  const rows = await store.holdersOf(tx, accountId);
  const holders: Holder[] = [];
  for (const { customerId, rank } of rows) {
    const person = await identity.byId(tx, customerId); // a transaction's connection asks one thing at a time
    holders.push({ customerId, rank, name: person ? fullName(person) : '' });
  }
  return { holders, invited: await store.invitationsOf(tx, accountId, clock.now()) };
}

/** Whom a holder is to be: a person, or a phone on which nobody is known yet (R39). */
export type Candidate = { readonly userNumber: string } | { readonly msisdn: Msisdn };

/** The person, or undefined for a phone of nobody. Errors: `person_unknown`. */
export async function findCandidate(
  { identity }: AccountsDeps,
  candidate: Candidate,
): Promise<Result<Customer | undefined, AccountsError>> {
  if ('msisdn' in candidate) return ok(await identity.byMsisdn(candidate.msisdn));
  const person = await identity.byUserNumber(candidate.userNumber);
  return person?.status === 'active' ? ok(person) : err('person_unknown');
}

/**
 * Gives another person access (R24), or invites whoever signs up on a phone that nobody is known on (R39).
 * Errors: the PIN's, `account_gone`, `account_viewed`, `account_commission`, `person_unknown`, `holder_known`,
 * `holders_full`, `accounts_full`.
 */
export function addHolder(
  deps: AccountsDeps,
  asked: PinProof & { readonly accountId: string; readonly candidate: Candidate; readonly rank: AddedRank },
): Promise<Changed> {
  return changeWithPin(deps, asked, async (tx) => {
    const found = await findCandidate(deps, asked.candidate);
    if (!found.ok) return found;
    const person = found.value;
    const held = await lockManaged(tx, asked, person ? [person.customerId] : []);
    if (!held.ok) return held;
    if (person && (await deps.identity.byId(tx, person.customerId))?.status !== 'active') return err('person_unknown');
    const holders = await store.holdersOf(tx, asked.accountId);
    const invited = await store.invitationsOf(tx, asked.accountId, deps.clock.now());
    if (holders.length + invited.length >= holdersMax) return err('holders_full');
    if (person) return admit(deps, tx, { ...asked, held: held.value, person });
    if (!('msisdn' in asked.candidate)) return err('person_unknown');
    return invite(deps, tx, { ...asked, held: held.value, msisdn: asked.candidate.msisdn });
  });
}

interface Admission {
  readonly customerId: string;
  readonly hopKey: string;
  readonly held: HeldAccount;
  readonly rank: AddedRank;
}

async function admit(
  deps: AccountsDeps,
  tx: Tx,
  { person, held, rank, ...by }: Admission & { person: Customer },
): Promise<Result<undefined, AccountsError>> {
  const theirs = await store.heldBy(tx, person.customerId);
  if (theirs.some(({ accountId }) => accountId === held.accountId)) return err('holder_known');
  if (theirs.length >= accountsMax) return err('accounts_full');
  await store.insertHolder(tx, {
    accountId: held.accountId,
    customerId: person.customerId,
    rank,
    now: deps.clock.now(),
  });
  await settlePrimary(deps, tx, person.customerId);
  await tellBoth(deps, tx, { held, person, owner: rankTexts[rank].added, holder: rankTexts[rank].granted });
  const change = { new: { customerId: person.customerId, rank } };
  await deps.audit.record(tx, [eventAt('account.holder_added', by, held.accountId, change)]);
  return ok(undefined);
}

async function invite(
  deps: AccountsDeps,
  tx: Tx,
  { msisdn, held, rank, ...by }: Admission & { msisdn: Msisdn },
): Promise<Result<undefined, AccountsError>> {
  const { accountId } = held;
  const invitedBy = by.customerId;
  if (!(await store.insertInvitation(tx, { accountId, msisdn, rank, invitedBy, now: deps.clock.now() }))) {
    return err('holder_known');
  }
  const inviter = await deps.identity.byId(tx, invitedBy);
  const account = { name: held.name };
  await deps.tellPhone(tx, msisdn, 'sms.holderInvited', { name: { name: inviter ? fullName(inviter) : '' }, account });
  await deps.tell(tx, held.ownerId, 'sms.invitationSent', { msisdn, account });
  const change = { new: { msisdn, rank } };
  await deps.audit.record(tx, [eventAt('account.holder_invited', by, accountId, change)]);
  return ok(undefined);
}

/**
 * Takes the access from a holder, from now on and in the middle of a call (R29); what was their primary account is
 * followed by the oldest they have left (R30). Errors: the PIN's, `account_gone`, `account_viewed`,
 * `account_commission`, `holder_gone`, `holder_owner`.
 */
export function removeHolder(
  deps: AccountsDeps,
  asked: PinProof & { readonly accountId: string; readonly holderId: string },
): Promise<Changed> {
  const { accountId, holderId } = asked;
  return changeWithPin(deps, asked, async (tx) => {
    const found = await lockHolder(tx, asked);
    if (!found.ok) return found;
    await store.deleteHolder(tx, accountId, holderId);
    await settlePrimary(deps, tx, holderId);
    const person = await deps.identity.byId(tx, holderId);
    const { held } = found.value;
    if (person) await tellBoth(deps, tx, { held, person, owner: 'sms.holderRemoved', holder: 'sms.accessRemoved' });
    const change = { old: { customerId: holderId, rank: found.value.rank } };
    await deps.audit.record(tx, [eventAt('account.holder_removed', asked, accountId, change)]);
    return ok(undefined);
  });
}

/**
 * Makes a signatory of a viewer, or the other way round (R34). Errors: those of `removeHolder`.
 */
export function rankHolder(
  deps: AccountsDeps,
  asked: PinProof & { readonly accountId: string; readonly holderId: string; readonly rank: AddedRank },
): Promise<Changed> {
  const { accountId, holderId, rank } = asked;
  return changeWithPin(deps, asked, async (tx) => {
    const found = await lockHolder(tx, asked);
    if (!found.ok) return found;
    if (found.value.rank === rank) return ok(undefined);
    await store.updateRank(tx, { accountId, customerId: holderId, rank });
    await settlePrimary(deps, tx, holderId);
    const person = await deps.identity.byId(tx, holderId);
    const { held } = found.value;
    const { added, granted } = rankTexts[rank];
    if (person) await tellBoth(deps, tx, { held, person, owner: added, holder: granted });
    const change = { old: { rank: found.value.rank }, new: { customerId: holderId, rank } };
    await deps.audit.record(tx, [eventAt('account.holder_ranked', asked, accountId, change)]);
    return ok(undefined);
  });
}

async function lockHolder(
  tx: Tx,
  { customerId, accountId, holderId }: { customerId: string; accountId: string; holderId: string },
): Promise<Result<{ held: HeldAccount; rank: HolderRank }, AccountsError>> {
  const held = await lockManaged(tx, { customerId, accountId }, [holderId]);
  if (!held.ok) return held;
  const holder = await store.findHeld(tx, holderId, accountId);
  if (!holder) return err('holder_gone');
  return holder.rank === 'owner' ? err('holder_owner') : ok({ held: held.value, rank: holder.rank });
}

const rankTexts = {
  signatory: { added: 'sms.signatoryAdded', granted: 'sms.signatoryGranted' },
  viewer: { added: 'sms.viewerAdded', granted: 'sms.viewerGranted' },
} as const;

interface Told {
  readonly held: HeldAccount;
  readonly person: Customer;
  readonly owner: (typeof rankTexts)[AddedRank]['added'] | 'sms.holderRemoved';
  readonly holder: (typeof rankTexts)[AddedRank]['granted'] | 'sms.accessRemoved';
}

async function tellBoth(deps: AccountsDeps, tx: Tx, { held, person, owner, holder }: Told): Promise<void> {
  const account = { name: held.name };
  await deps.tell(tx, held.ownerId, owner, { name: { name: fullName(person) }, account });
  await deps.tell(tx, person.customerId, holder, { account });
}

/** R39: who is invited on a phone, and by whom; undefined when nobody is. The last invitation counts. */
export async function invitationTo(
  { db, identity, clock }: AccountsDeps,
  msisdn: Msisdn,
): Promise<{ inviter: string; account: string } | undefined> {
  const [last] = await store.invitationsTo(db, msisdn, clock.now());
  const inviter = last && (await identity.byId(db, last.invitedBy));
  return last && inviter && { inviter: fullName(inviter), account: last.accountName };
}

/**
 * R39: who has signed up on the phone that was invited holds the accounts. An invitation of somebody who may not invite
 * any more, or to an account that is closed or full, comes to nothing. Returns what the forensic log is to know.
 */
export async function acceptInvitations(
  deps: AccountsDeps,
  tx: Tx,
  { msisdn, customerId }: { msisdn: Msisdn; customerId: string },
): Promise<ReturnType<typeof eventAt>[]> {
  const events: ReturnType<typeof eventAt>[] = [];
  const person = await deps.identity.byId(tx, customerId);
  for (const { invitationId, accountId, invitedBy, rank } of await store.invitationsTo(tx, msisdn, deps.clock.now())) {
    await store.settleInvitation(tx, invitationId, deps.clock.now());
    const held = await lockManaged(tx, { customerId: invitedBy, accountId }, [customerId]);
    if (!held.ok || !person || (await store.findHeld(tx, customerId, accountId))) continue;
    await store.insertHolder(tx, { accountId, customerId, rank, now: deps.clock.now() });
    const account = { name: held.value.name };
    await deps.tell(tx, held.value.ownerId, rankTexts[rank].added, { name: { name: fullName(person) }, account });
    events.push(eventAt('account.holder_added', { customerId: invitedBy }, accountId, { new: { customerId, rank } }));
  }
  return events;
}
