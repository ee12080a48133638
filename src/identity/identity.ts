import {
  createCodeDigests,
  err,
  ok,
  plusMs,
  type Cipher,
  type Clock,
  type Db,
  type Ids,
  type Keyring,
  type Msisdn,
  type Result,
  type Sql,
  type Tx,
} from '../platform';
import type { Customer, PhoneUse, Role } from './customer';
import type { PinError, RegistrationError, ResetError } from './errors';
import { papersOf, phoneHistory, type Papers } from './lookups';
import { createPhones, type Phones } from './phones';
import { createPinHasher } from './pin-hash';
import {
  finishPinReset,
  isResetOpen,
  proveReset,
  startPinReset,
  type ResetAttempt,
  type ResetDeps,
  type StartedReset,
} from './pin-reset';
import { register, type NewCustomer } from './register';
import { deleteResetsBefore } from './reset-store';
import { holdOf, type SimHold } from './sim';
import * as store from './store';
import { verifyPin, type PinAttempt } from './verify-pin';

export interface IdentityDeps extends Omit<ResetDeps, 'db' | 'clock' | 'ids' | 'resetCodes'> {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly cipher: Cipher;
  readonly peppers: Keyring;
  readonly indexKey: Buffer;
  /** The last of the transaction that locks a PIN: the owner is told. */
  readonly onLocked: (tx: Tx, customerId: string) => Promise<void>;
}

export interface Identity {
  /** Who is on which phone, and how that changes. */
  readonly phones: Phones;
  /** The phone's default person: whom money sent to that number reaches. */
  byMsisdn(msisdn: Msisdn): Promise<Customer | undefined>;
  /** Everybody who shares the phone, its default person first. */
  peopleOf(msisdn: Msisdn): Promise<Customer[]>;
  byUserNumber(userNumber: string): Promise<Customer | undefined>;
  byId(sql: Sql, customerId: string): Promise<Customer | undefined>;
  /** Whose name has all these words in it; at most `limit`. */
  byName(sql: Sql, words: readonly string[], limit: number): Promise<Customer[]>;
  /** Who had this phone and when, the newest first. */
  phoneHistory(sql: Sql, msisdn: Msisdn): Promise<PhoneUse[]>;
  /** In clear: whoever asks writes down why. */
  papersOf(sql: Sql, customerId: string): Promise<Papers>;
  /** Whoever calls has an approved application, or the database refuses. */
  setRole(tx: Tx, customerId: string, role: Role): Promise<void>;
  anyCustomer(): Promise<boolean>;
  /** Whether these are the last letters and digits of the national ID that the person registered with. */
  endsNationalId(sql: Sql, customerId: string, digits: string): Promise<boolean>;
  /** Returns the language before. */
  setLanguage(tx: Tx, customerId: string, language: string): Promise<string>;
  /** Errors: `already_registered`, `phone_taken`, `phone_full`, `let_in_over`; the transaction must then be rolled back. */
  register(tx: Tx, person: NewCustomer): Promise<Result<{ customerId: string }, RegistrationError>>;
  /** A peppered hash. Errors: `pin_busy`; `pin_is_birth_date` for a PIN made of the birth date given. */
  hashPin(pin: string, birthDate: string): Promise<Result<store.StoredPin, 'pin_busy' | 'pin_is_birth_date'>>;
  /** The same for somebody who has a PIN. Errors as `hashPin`, and `pin_same`. */
  hashNewPin(
    customerId: string,
    pin: string,
  ): Promise<Result<store.StoredPin, 'pin_busy' | 'pin_is_birth_date' | 'pin_same'>>;
  /** Errors: `pins_differ`, `pin_busy`. */
  matchPin(stored: store.StoredPin, pin: string): Promise<Result<undefined, 'pins_differ' | 'pin_busy'>>;
  /**
   * Sets a PIN that was typed twice, for whoever proved the old one by the attempt `proof` a moment ago.
   * Errors: `pin_unproven`, also when the PIN was locked or changed since.
   */
  changePin(
    tx: Tx,
    change: { customerId: string; pin: store.StoredPin; proof: string },
  ): Promise<Result<undefined, 'pin_unproven'>>;
  /** Whether this person proved the PIN by the attempt `proof` a moment ago. */
  isProven(sql: Sql, customerId: string, proof: string): Promise<boolean>;
  /** The same once: from then on the attempt proves nothing more. */
  spendProof(tx: Tx, customerId: string, proof: string): Promise<boolean>;
  /** Why a number proves nothing of whoever holds it, if it does not: its SIM was changed lately, or the network doesn't say. */
  simHold(msisdn: Msisdn): Promise<SimHold | undefined>;
  verifyPin(attempt: PinAttempt): Promise<Result<undefined, PinError>>;
  /** Gives all attempts back. False when none was missing. */
  unlock(tx: Tx, customerId: string): Promise<boolean>;
  /**
   * Sends nothing: the code is for an SMS to `msisdn`, good for `resetTtlMs`, and takes the place of any before it.
   * Errors: `sim_swapped`, `sim_unknown`, `phone_missing`, `pin_missing`, `resets_too_many`.
   */
  startPinReset(
    tx: Tx,
    reset: { customerId: string; by: string },
  ): Promise<Result<StartedReset, 'sim_swapped' | 'sim_unknown' | 'phone_missing' | 'pin_missing' | 'resets_too_many'>>;
  /** Whether a code for a new PIN was sent and may be typed now. */
  isResetOpen(sql: Sql, customerId: string): Promise<boolean>;
  /** Tries that code: three times at most. In transactions of its own. */
  proveReset(attempt: ResetAttempt): Promise<Result<undefined, ResetError>>;
  /** Sets a PIN that was typed twice and gives all attempts back, once a code, for whoever told it by the hop `proof`. */
  finishPinReset(
    tx: Tx,
    change: { customerId: string; pin: store.StoredPin; proof: string },
  ): Promise<Result<undefined, 'reset_over'>>;
  /** Attempts and resets are kept for a day: no provider delivers a hop again after that. */
  forgetOldAttempts(): Promise<number>;
}

const attemptsKeptMs = 24 * 3_600_000;
/** So long a proven PIN allows what it was proven for: longer than a session. */
const proofTtlMs = 10 * 60_000;

export function createIdentity(deps: IdentityDeps): Identity {
  const { db, clock, cipher } = deps;
  const pins = createPinHasher(deps.peppers);
  const resetting: ResetDeps = { ...deps, resetCodes: createCodeDigests(deps.indexKey, 'PIN reset') };
  const verifying = { db, clock, pins, onLocked: deps.onLocked };
  const provenSince = (): Date => plusMs(clock.now(), -proofTtlMs);
  const hashPin: Identity['hashPin'] = (pin, birthDate) =>
    isOfBirthDate(pin, birthDate) ? Promise.resolve(err('pin_is_birth_date')) : pins.hash(pin);
  return {
    phones: createPhones(deps),
    byMsisdn: (msisdn) => store.customerByMsisdn(db, msisdn),
    byId: store.customerById,
    byName: store.customersByName,
    setRole: store.updateRole,
    phoneHistory,
    papersOf: (sql, customerId) => papersOf(cipher, sql, customerId),
    anyCustomer: () => store.anyCustomer(db),
    endsNationalId: async (sql, customerId, digits) => {
      const nationalId = cipher.open(await store.nationalIdOf(sql, customerId), `${customerId}:national_id`);
      return nationalId.replace(/[^A-Z0-9]/g, '').endsWith(digits);
    },
    peopleOf: (msisdn) => store.peopleOf(db, msisdn),
    byUserNumber: (userNumber) => store.customerByUserNumber(db, userNumber),
    setLanguage: store.updateLanguage,
    register: (tx, person) => register({ ...deps, proofTtlMs }, tx, person),
    hashPin,
    hashNewPin: async (customerId, pin) => {
      const same = await pins.matches(await store.pinOf(db, customerId), pin);
      if (!same.ok) return same;
      if (same.value) return err('pin_same');
      return hashPin(pin, cipher.open(await store.birthDateOf(db, customerId), `${customerId}:birth_date`));
    },
    matchPin: async (stored, pin) => {
      const matches = await pins.matches(stored, pin);
      if (!matches.ok) return matches;
      return matches.value ? ok(undefined) : err('pins_differ');
    },
    changePin: async (tx, change) => {
      const limits = { provenSince: provenSince(), now: clock.now() };
      return (await store.changePin(tx, { ...change, ...limits })) ? ok(undefined) : err('pin_unproven');
    },
    isProven: (sql, customerId, proof) => store.isProven(sql, { customerId, proof, provenSince: provenSince() }),
    spendProof: (tx, customerId, proof) => store.spendProof(tx, { customerId, proof, provenSince: provenSince() }),
    simHold: (msisdn) => holdOf(deps, msisdn),
    verifyPin: (attempt) => verifyPin(verifying, attempt),
    unlock: store.unlockPin,
    startPinReset: (tx, reset) => startPinReset(resetting, tx, reset),
    isResetOpen: (sql, customerId) => isResetOpen(resetting, sql, customerId),
    proveReset: (attempt) => proveReset(resetting, attempt),
    finishPinReset: (tx, change) => finishPinReset(resetting, tx, change),
    forgetOldAttempts: async () => {
      const before = plusMs(clock.now(), -attemptsKeptMs);
      return (await store.deleteAttemptsBefore(db, before)) + (await deleteResetsBefore(db, before));
    },
  };
}

/** Day and month, year, or all of it: what a thief who holds the ID card tries first. */
function isOfBirthDate(pin: string, birthDate: string): boolean {
  const [year = '', month = '', day = ''] = birthDate.split('-');
  const yy = year.slice(2);
  return [year, day + month, month + day, day + month + yy, yy + month + day].includes(pin);
}
