import { err, ok, type Clock, type Db, type Ids, type Msisdn, type Result, type Sql, type Tx } from '../platform';
import type { Customer } from './customer';
import type { PhoneError } from './errors';
import * as phones from './phone-store';
import { peopleOf } from './store';

/** As many as the question who is calling has numbers of one digit for, beside that of somebody new (menus/main.ts). Both limits also stand in 0024_phones.sql. */
export const peopleMax = 8;
const phonesMax = 5;

export type Phone = phones.PhoneRow;

export interface Removed {
  /** Where the person's messages go from now on. */
  readonly contact: Msisdn;
  /** Whom money sent to the number reaches from now on, where the person was that and others share it. */
  readonly heir: Customer | undefined;
}

/**
 * Who is on which phone. A phone has one default person, whom money sent to its number reaches; a person has one contact
 * phone, where their messages go, and always one phone at least. None of it asks for a PIN: src/phones does.
 */
export interface Phones {
  /** The contact phone first, then as they came. */
  of(sql: Sql, customerId: string): Promise<Phone[]>;
  /** As `Identity.peopleOf`, in a transaction. */
  peopleOf(tx: Tx, msisdn: Msisdn): Promise<Customer[]>;
  isOn(customerId: string, msisdn: Msisdn): Promise<boolean>;
  /** Until the transaction ends nobody else changes who has this phone, nor which phones this person has. */
  hold(tx: Tx, held: { customerId?: string | undefined; msisdn: Msisdn }): Promise<void>;
  /** One more phone for a person, who becomes its default person where it has none. Errors: `phone_known`, `phone_full`, `phones_full`. */
  add(
    tx: Tx,
    added: { customerId: string; msisdn: Msisdn },
  ): Promise<Result<undefined, 'phone_known' | 'phone_full' | 'phones_full'>>;
  /** Errors: `phone_gone`, `phone_last`. */
  remove(
    tx: Tx,
    removed: { customerId: string; msisdn: Msisdn },
  ): Promise<Result<Removed, 'phone_gone' | 'phone_last'>>;
  /** Errors: `phone_gone`. */
  chooseContact(tx: Tx, chosen: { customerId: string; msisdn: Msisdn }): Promise<Result<undefined, 'phone_gone'>>;
}

interface PhonesDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
}

export function createPhones(deps: PhonesDeps): Phones {
  return {
    of: phones.phonesOf,
    peopleOf,
    isOn: (customerId, msisdn) => phones.isOn(deps.db, customerId, msisdn),
    hold,
    add: (tx, added) => add(deps, tx, added),
    remove: (tx, removed) => remove(deps, tx, removed),
    chooseContact,
  };
}

interface Use {
  readonly customerId: string;
  readonly msisdn: Msisdn;
}

/** The person before the phone, always: whoever holds one and waits for the other is waited for by nobody. */
async function hold(tx: Tx, { customerId, msisdn }: { customerId?: string | undefined; msisdn: Msisdn }) {
  if (customerId !== undefined) await phones.lockPerson(tx, customerId);
  await phones.lockNumber(tx, msisdn);
}

async function add(
  { clock, ids }: PhonesDeps,
  tx: Tx,
  use: Use,
): Promise<Result<undefined, Extract<PhoneError, 'phone_known' | 'phone_full' | 'phones_full'>>> {
  await hold(tx, use);
  const people = await peopleOf(tx, use.msisdn);
  if (people.some(({ customerId }) => customerId === use.customerId)) return err('phone_known');
  if (people.length >= peopleMax) return err('phone_full');
  const own = await phones.phonesOf(tx, use.customerId);
  if (own.length >= phonesMax) return err('phones_full');
  const first = { isDefault: people.length === 0, isContact: own.length === 0 };
  await phones.insertAssignment(tx, { assignmentId: ids.uuid(), ...use, ...first, now: clock.now() });
  return ok(undefined);
}

async function remove(
  { clock }: PhonesDeps,
  tx: Tx,
  use: Use,
): Promise<Result<Removed, Extract<PhoneError, 'phone_gone' | 'phone_last'>>> {
  await hold(tx, use);
  const own = await phones.phonesOf(tx, use.customerId);
  const gone = own.find(({ msisdn }) => msisdn === use.msisdn);
  if (!gone) return err('phone_gone');
  const [first] = own.filter((phone) => phone !== gone);
  if (!first) return err('phone_last');
  await phones.endAssignment(tx, use.customerId, use.msisdn, clock.now());
  if (gone.isContact) await phones.moveContact(tx, use.customerId, first.msisdn);
  const [heir] = gone.isDefault ? await peopleOf(tx, use.msisdn) : [];
  if (heir) await phones.setDefault(tx, heir.customerId, use.msisdn);
  return ok({ contact: first.msisdn, heir });
}

async function chooseContact(tx: Tx, use: Use): Promise<Result<undefined, 'phone_gone'>> {
  await phones.lockPerson(tx, use.customerId);
  if (!(await phones.isOn(tx, use.customerId, use.msisdn))) return err('phone_gone');
  await phones.moveContact(tx, use.customerId, use.msisdn);
  return ok(undefined);
}
