import { createHmac } from 'node:crypto';
import {
  assert,
  err,
  ok,
  plusMs,
  violatedConstraint,
  type Cipher,
  type Clock,
  type Ids,
  type Msisdn,
  type Result,
  type Tx,
} from '../platform';
import type { Customer, Role } from './customer';
import type { RegistrationError } from './errors';
import { insertAssignment, lockNumber } from './phone-store';
import { peopleMax } from './phones';
import { insertCustomer, insertPin, peopleOf, spendProof, type CustomerInsert, type StoredPin } from './store';

export interface NewCustomer {
  readonly msisdn: Msisdn;
  readonly firstName: string;
  readonly lastName: string;
  /** ISO 8601. */
  readonly birthDate: string;
  readonly nationalId: string;
  readonly language: string;
  readonly role: Role;
  readonly pin: StoredPin;
  /** Default: drawn. */
  readonly userNumber?: string | undefined;
  /** Where the phone has people already: the attempt by which its default person proved the PIN, to let one more in (R45). */
  readonly letIn?: string | undefined;
}

export interface RegisterDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly cipher: Cipher;
  /** Keys the blind index; apart from the encryption keys, so that those can rotate. */
  readonly indexKey: Buffer;
  /** So long a proven PIN allows what it was proven for. */
  readonly proofTtlMs: number;
}

const refusals: Readonly<Record<string, RegistrationError>> = {
  customer_person_index_key: 'already_registered',
  phone_assignment_default: 'phone_taken',
};

/**
 * Writes a person with phone and PIN. The unique indexes decide, so two sign-ups at once can't both win.
 * After a refusal the transaction is broken: the caller rolls it back, and nothing is left (R54).
 */
export async function register(
  deps: RegisterDeps,
  tx: Tx,
  person: NewCustomer,
): Promise<Result<{ customerId: string }, RegistrationError>> {
  const customerId = deps.ids.uuid();
  const now = deps.clock.now();
  await lockNumber(tx, person.msisdn);
  const people = await peopleOf(tx, person.msisdn);
  const refused = await refusedBy(deps, tx, people, person.letIn);
  if (refused) return err(refused);
  try {
    const insert = {
      customerId,
      firstName: person.firstName,
      lastName: person.lastName,
      language: person.language,
      role: person.role,
      birthDate: deps.cipher.seal(person.birthDate, `${customerId}:birth_date`),
      nationalId: deps.cipher.seal(person.nationalId, `${customerId}:national_id`),
      personIndex: personIndex(deps.indexKey, person),
      now,
    };
    await insertNumbered(deps, tx, { ...insert, userNumber: person.userNumber });
    await insertAssignment(tx, {
      ...{ assignmentId: deps.ids.uuid(), msisdn: person.msisdn, customerId, now },
      ...{ isDefault: people.length === 0, isContact: true },
    });
    await insertPin(tx, customerId, person.pin, now);
    return ok({ customerId });
  } catch (error) {
    const refusal = refusals[violatedConstraint(error) ?? ''];
    if (refusal === undefined) throw error;
    return err(refusal);
  }
}

/** Why those who have the phone keep a newcomer out; the PIN that let one in lets in no other. */
async function refusedBy(
  { clock, proofTtlMs }: RegisterDeps,
  tx: Tx,
  people: readonly Customer[],
  letIn: string | undefined,
): Promise<RegistrationError | undefined> {
  const [first] = people;
  if (!first) return undefined;
  if (letIn === undefined) return 'phone_taken';
  if (people.length >= peopleMax) return 'phone_full';
  const proof = { customerId: first.customerId, proof: letIn, provenSince: plusMs(clock.now(), -proofTtlMs) };
  return (await spendProof(tx, proof)) ? undefined : 'let_in_over';
}

const numbersTried = 20;

/** A number that somebody has is drawn anew. */
async function insertNumbered(
  { ids }: RegisterDeps,
  tx: Tx,
  { userNumber, ...person }: Omit<CustomerInsert, 'userNumber'> & { userNumber: string | undefined },
): Promise<void> {
  for (let tried = 0; tried < numbersTried; tried += 1) {
    if (await insertCustomer(tx, { ...person, userNumber: userNumber ?? ids.userNumber() })) return;
    assert(userNumber === undefined, 'who brings a user number has it alone');
  }
  throw new Error('no free user number was found');
}

/** The same for `Wanjirũ  NJERI` and `wanjiru njeri`: case, marks and spaces tell no two people apart. */
function personIndex(key: Buffer, { firstName, lastName, birthDate, nationalId }: NewCustomer): Buffer {
  const plain = (name: string) =>
    name
      .normalize('NFD')
      .replace(/[\p{M}\s'’.-]/gu, '')
      .toLowerCase();
  const parts = [plain(firstName), plain(lastName), birthDate, nationalId.toUpperCase()];
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest();
}
