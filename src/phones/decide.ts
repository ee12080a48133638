import type { AuditEvent } from '../audit';
import { maskedName, type Customer, type PhoneError, type PinError } from '../identity';
import { assert, err, ok, type Msisdn, type Result, type Sql, type Tx } from '../platform';
import type { PhonesDeps } from './deps';
import type { JoinError } from './errors';
import * as store from './store';

export interface Consent {
  readonly customerId: string;
  readonly requestId: string;
  /** The phone on which they agree. */
  readonly on: Msisdn;
  readonly pin: string;
  readonly hopKey: string;
}

export type ConsentError =
  | JoinError
  | PinError
  | Extract<PhoneError, 'phone_known' | 'phone_full' | 'phones_full' | 'phone_gone'>
  | 'sim_swapped'
  | 'sim_unknown';

/**
 * Takes the phone that asks for one of the person's own, by their PIN on a phone that was theirs before (Q6). The network
 * is asked first: whoever holds a SIM that was changed lately adds nothing, even with the PIN. The phone in hand must
 * still be theirs, and the new one whose it was when it asked. What can't be agreed to now stays open until its time is over. The same hop again is
 * answered the same.
 * Errors: `phone_request_gone`, `phone_taken_since`, `phone_known`, `phone_full`, `phones_full`, `phone_gone`,
 * `sim_swapped`, `sim_unknown`, those of a PIN.
 */
export async function consent(deps: PhonesDeps, agreed: Consent): Promise<Result<undefined, ConsentError>> {
  const { db, clock, identity } = deps;
  const { customerId, requestId, hopKey } = agreed;
  const open = await store.openRequests(db, customerId, clock.now());
  const asked = open.find((request) => request.requestId === requestId);
  if (!asked) return decidedBefore(db, { customerId, requestId, state: 'agreed', hopKey });
  const held = await identity.simHold(agreed.on);
  if (held) return err(held);
  const verified = await identity.verifyPin({ customerId, pin: agreed.pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  return db.tx(async (tx) => {
    const { msisdn } = asked;
    await identity.phones.hold(tx, { customerId, msisdn });
    const person = await identity.byId(tx, customerId);
    assert(person, 'who was asked is known');
    if (person.status !== 'active') return err('phone_request_gone'); // they left meanwhile
    if (!(await isStillOn(deps, tx, agreed))) return err('phone_gone');
    const now = clock.now();
    const request = await store.lockRequest(tx, { customerId, requestId, now });
    if (!request) return decidedBefore(tx, { customerId, requestId, state: 'agreed', hopKey });
    const people = await identity.phones.peopleOf(tx, msisdn);
    if (!people.some((one) => one.customerId === customerId) && (people[0]?.customerId ?? null) !== request.letInBy)
      return err('phone_taken_since');
    const added = await identity.phones.add(tx, { customerId, msisdn });
    if (!added.ok) return added;
    await store.decideRequest(tx, requestId, { state: 'agreed', hopKey, now });
    await tellAdded(deps, tx, person, msisdn);
    const event = { ...by(customerId), traceId: hopKey, new: { msisdn, requestId } };
    await deps.audit.record(tx, [{ action: 'phone.assigned', ...event }]);
    return ok(undefined);
  });
}

/** The phone where their messages go, and the new one, which may be somebody else's as well. */
async function tellAdded(
  { notifications, market: { serviceCode } }: PhonesDeps,
  tx: Tx,
  person: Customer,
  msisdn: Msisdn,
): Promise<void> {
  await notifications.tell(tx, person, 'sms.phoneAdded', { msisdn });
  const there = { ...person, msisdn };
  await notifications.tell(tx, there, 'sms.phoneJoined', { name: { name: maskedName(person) }, serviceCode });
}

export interface Refuse {
  readonly customerId: string;
  readonly requestId: string;
  readonly hopKey: string;
}

/** Whoever asked isn't told: they know of nobody that there is such a person. Errors: `phone_request_gone`. */
export async function refuse(
  deps: PhonesDeps,
  { customerId, requestId, hopKey }: Refuse,
): Promise<Result<undefined, 'phone_request_gone'>> {
  const { db, clock, audit } = deps;
  return db.tx(async (tx) => {
    const now = clock.now();
    const request = await store.lockRequest(tx, { customerId, requestId, now });
    if (!request) return decidedBefore(tx, { customerId, requestId, state: 'refused', hopKey });
    await store.decideRequest(tx, requestId, { state: 'refused', hopKey, now });
    const { msisdn } = request;
    const event = { ...by(customerId), traceId: hopKey, new: { msisdn, requestId } };
    await audit.record(tx, [{ action: 'phone.refused', ...event }]);
    return ok(undefined);
  });
}

async function decidedBefore(
  sql: Sql,
  asked: Parameters<typeof store.wasDecided>[1],
): Promise<Result<undefined, 'phone_request_gone'>> {
  return (await store.wasDecided(sql, asked)) ? ok(undefined) : err('phone_request_gone');
}

/** Whether a phone is still theirs: it may have been removed while the PIN was looked at. Whoever calls holds the person. */
export async function isStillOn(
  { identity }: PhonesDeps,
  tx: Tx,
  { customerId, on }: { customerId: string; on: Msisdn },
): Promise<boolean> {
  return (await identity.phones.of(tx, customerId)).some(({ msisdn }) => msisdn === on);
}

/** What somebody did to their own phones. */
export function by(customerId: string): Pick<AuditEvent, 'actor' | 'subject'> {
  return { actor: { kind: 'customer', id: customerId }, subject: { kind: 'customer', id: customerId } };
}
