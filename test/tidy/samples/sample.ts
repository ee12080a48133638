import { accountNameOf, longest, type Person } from '../longest';
import type { Caller } from '../../../src/ussd/screen';

/** What one tree may be opened with and what each of its services may answer, the longest first. */
export interface Samples {
  /** Default: a caller. */
  readonly inputs?: readonly object[] | ((person: Person) => readonly object[]);
  readonly answers: (person: Person) => Readonly<Record<string, readonly unknown[]>>;
}

export const callerOf = (person: Person): Caller => ({
  ...{ customerId: 'c1', language: 'en', currency: longest.currency },
  ...{ accountId: '281474976710656', accountName: accountNameOf(person), mayDebit: true, hasPeers: true },
  msisdn: longest.msisdn,
});
export const fullName = ({ first, last }: Person): string => `${first} ${last}`;
export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));
export const hashed = { hash: 'hash', pepperId: 'pepper' };
