import { peopleMax, type Customer, type PhoneError } from '../identity';
import { err, ok, parseUserNumber, plusMs, type Msisdn, type Result, type Tx } from '../platform';
import type { PhonesDeps } from './deps';
import type { JoinError } from './errors';
import * as store from './store';

/** So long a request can be agreed to. */
const requestTtlMs = 24 * 3_600_000;
const dayMs = 24 * 3_600_000;
/** In a day: nobody finds out who is a customer by trying, and nobody is pestered. */
const asksFromMax = 3;
const asksOfMax = 3;

export interface Ask {
  /** The phone that somebody wants to use. */
  readonly msisdn: Msisdn;
  /** Who they say they are: a user number, or the number of a phone of theirs. */
  readonly person: string;
  /** Where others have the phone: the hop by which its default person proved the PIN, to let one more in. */
  readonly letIn: string | undefined;
  readonly hopKey: string;
}

export type AskError = JoinError | Extract<PhoneError, 'phone_known' | 'phone_full'> | 'let_in_over';

/**
 * Asks a person on their contact phone whether they want to use this one as well; asked or not, the answer is the same:
 * whoever holds a phone learns of nobody whether they are a customer, and can't ask one person again and again. Who lost
 * all phones of theirs can be asked nothing: their number comes back with a new SIM from the network, and staff help with
 * a PIN that was forgotten (`src/identity/pin-reset.ts`) once the SIM is old enough to be trusted.
 * Errors: `phone_known` for somebody who is on this phone already (R45), `phone_full`, `phone_asks_too_many`, `let_in_over`.
 */
export async function ask(deps: PhonesDeps, asked: Ask): Promise<Result<undefined, AskError>> {
  const { db, identity, ids, clock } = deps;
  const { msisdn, hopKey } = asked;
  const meant = await find(deps, asked.person);
  return db.tx(async (tx) => {
    await identity.phones.hold(tx, { customerId: meant?.customerId, msisdn });
    if (await store.wasAsked(tx, hopKey)) return ok(undefined);
    const people = await identity.phones.peopleOf(tx, msisdn);
    const refused = await refusedBy(deps, tx, { ...asked, people, meant });
    if (refused) return err(refused);
    const person = await whoIsAsked(deps, tx, { meant, msisdn });
    const [requestId, now] = [ids.uuid(), clock.now()];
    const letInBy = people[0]?.customerId;
    const request = { requestId, msisdn, customerId: person?.customerId, letInBy, askedBy: hopKey };
    await store.insertRequest(tx, { ...request, now, expiresAt: plusMs(now, requestTtlMs) });
    if (person) await tell(deps, tx, { person, requestId, msisdn, letInBy, hopKey });
    return ok(undefined);
  });
}

interface Asking extends Ask {
  readonly people: readonly Customer[];
  readonly meant: Customer | undefined;
}

/** Why nobody is asked from this phone now. Nothing of it depends on who is meant, but whether they are on it already. */
async function refusedBy(
  { identity, clock }: PhonesDeps,
  tx: Tx,
  { msisdn, letIn = '', people, meant }: Asking,
): Promise<AskError | undefined> {
  if (people.some(({ customerId }) => customerId === meant?.customerId)) return 'phone_known';
  if (people.length >= peopleMax) return 'phone_full';
  const today = plusMs(clock.now(), -dayMs);
  if ((await store.countAskedFrom(tx, msisdn, today)) >= asksFromMax) return 'phone_asks_too_many';
  const [first] = people;
  return !first || (await identity.spendProof(tx, first.customerId, letIn)) ? undefined : 'let_in_over';
}

async function find({ identity }: PhonesDeps, person: string): Promise<Customer | undefined> {
  const userNumber = parseUserNumber(person);
  return userNumber === undefined ? identity.byMsisdn(person as Msisdn) : identity.byUserNumber(userNumber);
}

/**
 * As they are now that nobody else changes them. Nobody while this very phone waits for their answer, nor more than a few
 * times a day.
 */
async function whoIsAsked(
  { identity, clock }: PhonesDeps,
  tx: Tx,
  { meant, msisdn }: { meant: Customer | undefined; msisdn: Msisdn },
): Promise<Customer | undefined> {
  const person = meant && (await identity.byId(tx, meant.customerId));
  if (person?.status !== 'active' || person.msisdn === undefined) return undefined;
  const now = clock.now();
  const { customerId } = person;
  if ((await store.openRequests(tx, customerId, now)).some((open) => open.msisdn === msisdn)) return undefined;
  return (await store.countAskedOf(tx, customerId, plusMs(now, -dayMs))) < asksOfMax ? person : undefined;
}

interface Told {
  readonly person: Customer;
  readonly requestId: string;
  readonly msisdn: Msisdn;
  readonly letInBy: string | undefined;
  readonly hopKey: string;
}

/** The last of the transaction. Who asked is nobody yet: the log names their phone, or who let them in there. */
async function tell(
  { notifications, audit, market: { serviceCode } }: PhonesDeps,
  tx: Tx,
  { person, requestId, msisdn, letInBy, hopKey }: Told,
): Promise<void> {
  await notifications.tell(tx, person, 'sms.phoneAsked', { msisdn, serviceCode });
  const actor = { kind: 'customer', id: letInBy ?? msisdn } as const;
  const subject = { kind: 'customer', id: person.customerId };
  await audit.record(tx, [{ action: 'phone.asked', actor, subject, traceId: hopKey, new: { msisdn, requestId } }]);
}
