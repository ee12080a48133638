import type { AuditEvent } from '../audit';
import type { Customer, PhoneError, PinError } from '../identity';
import { assert, err, ok, type Msisdn, type Result, type Tx } from '../platform';
import type { SmsKey } from '../ussd';
import { by, isStillOn } from './decide';
import type { PhonesDeps } from './deps';

export interface Change {
  readonly customerId: string;
  /** The phone that it is about. */
  readonly msisdn: Msisdn;
  /** The phone on which they ask for it. */
  readonly on: Msisdn;
  readonly pin: string;
  readonly hopKey: string;
}

/** Why a phone proves nothing of whoever asks on it, or the PIN doesn't. */
export type Unproven = PinError | 'sim_swapped' | 'sim_unknown';

/**
 * Whoever holds a SIM that was changed lately takes the owner's other phones from them as little as they add one, nor do
 * they lead the owner's messages away, even with the PIN: the network is asked first. It is asked about the phone in hand
 * alone: one that was lost or stolen is given up, and the messages are led away from it, on another.
 */
async function proveOwner(
  { identity }: PhonesDeps,
  { customerId, on, pin, hopKey }: Change,
): Promise<Result<undefined, Unproven>> {
  const held = await identity.simHold(on);
  if (held) return err(held);
  return identity.verifyPin({ customerId, pin, attemptKey: hopKey });
}

/**
 * From now on the person's messages go there; the phone where they went is told as well. Errors: `phone_gone`,
 * `sim_swapped`, `sim_unknown`, those of a PIN.
 */
export async function chooseContact(
  deps: PhonesDeps,
  change: Change,
): Promise<Result<undefined, Extract<PhoneError, 'phone_gone'> | Unproven>> {
  const { db, identity, audit } = deps;
  const { customerId, msisdn, hopKey } = change;
  const verified = await proveOwner(deps, change);
  if (!verified.ok) return verified;
  return db.tx(async (tx) => {
    await identity.phones.hold(tx, { customerId, msisdn });
    if (!(await isStillOn(deps, tx, change))) return err('phone_gone');
    const before = await personOf(deps, tx, customerId);
    const chosen = await identity.phones.chooseContact(tx, { customerId, msisdn });
    if (!chosen.ok || before.msisdn === msisdn) return chosen;
    const after = await personOf(deps, tx, customerId);
    await tellBoth(deps, tx, { before, after, text: 'sms.contactChanged', msisdn });
    const moved = { old: { msisdn: before.msisdn ?? null }, new: { msisdn } };
    await audit.record(tx, [{ action: 'phone.contact_changed', ...by(customerId), traceId: hopKey, ...moved }]);
    return ok(undefined);
  });
}

export interface Removal {
  /** Where the person's messages go now; undefined: where they went before. */
  readonly contact: Msisdn | undefined;
  /** Whom money sent to the number reaches now, where that was the person. */
  readonly heir: Customer | undefined;
}

/**
 * The phone reaches the person no more, not even a call that is under way there (src/ussd/runner.ts); who shares it is its
 * default person next. The phone where the person's messages go is told, and the one where they went. Errors:
 * `phone_gone`, `phone_last`, `sim_swapped`, `sim_unknown`, those of a PIN.
 */
export async function remove(
  deps: PhonesDeps,
  change: Change,
): Promise<Result<Removal, Extract<PhoneError, 'phone_gone' | 'phone_last'> | Unproven>> {
  const { db, identity, audit, notifications } = deps;
  const { customerId, msisdn, hopKey } = change;
  const verified = await proveOwner(deps, change);
  if (!verified.ok) return verified;
  return db.tx(async (tx) => {
    await identity.phones.hold(tx, { customerId, msisdn });
    if (!(await isStillOn(deps, tx, change))) return err('phone_gone');
    const before = await personOf(deps, tx, customerId);
    const removed = await identity.phones.remove(tx, { customerId, msisdn });
    if (!removed.ok) return removed;
    const { contact, heir } = removed.value;
    const after = await personOf(deps, tx, customerId);
    await tellBoth(deps, tx, { before, after, text: 'sms.phoneRemoved', msisdn });
    if (heir) await notifications.tell(tx, heir, 'sms.phoneInherited', { msisdn });
    const moved = before.msisdn !== contact;
    await audit.record(tx, eventsOf({ customerId, msisdn, hopKey, heir, contact: moved ? contact : undefined }));
    return ok({ contact: moved ? contact : undefined, heir });
  });
}

function eventsOf({
  customerId,
  msisdn,
  hopKey,
  contact,
  heir,
}: Removal & Pick<Change, 'customerId' | 'msisdn' | 'hopKey'>): AuditEvent[] {
  const about = { ...by(customerId), traceId: hopKey };
  const events: AuditEvent[] = [{ action: 'phone.removed', ...about, old: { msisdn } }];
  if (contact !== undefined)
    events.push({ action: 'phone.contact_changed', ...about, old: { msisdn }, new: { msisdn: contact } });
  const subject = { kind: 'customer', id: heir?.customerId ?? '' };
  if (heir) events.push({ action: 'phone.default_changed', ...about, subject, new: { msisdn } });
  return events;
}

async function personOf({ identity }: PhonesDeps, tx: Tx, customerId: string): Promise<Customer> {
  const person = await identity.byId(tx, customerId);
  assert(person, 'who has a PIN is known');
  return person;
}

interface Told {
  readonly before: Customer;
  readonly after: Customer;
  readonly text: SmsKey;
  readonly msisdn: Msisdn;
}

/** The contact phone, and the one that was it: whoever took an account over can't keep its owner from hearing of it. */
async function tellBoth({ notifications }: PhonesDeps, tx: Tx, { before, after, text, msisdn }: Told): Promise<void> {
  await notifications.tell(tx, after, text, { msisdn });
  if (before.msisdn !== after.msisdn) await notifications.tell(tx, before, text, { msisdn });
}
