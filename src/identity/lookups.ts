import type { Cipher, Msisdn, Sql } from '../platform';
import type { PhoneUse } from './customer';
import * as store from './store';

/** A person's papers in clear. Whoever asks for them writes down why. */
export interface Papers {
  /** `1990-12-25`. */
  readonly birthDate: string;
  readonly nationalId: string;
}

/** The papers of somebody who is known here. */
export async function papersOf(cipher: Cipher, sql: Sql, customerId: string): Promise<Papers> {
  const { birthDate, nationalId } = await store.sealedPapersOf(sql, customerId);
  return {
    birthDate: cipher.open(birthDate, `${customerId}:birth_date`),
    nationalId: cipher.open(nationalId, `${customerId}:national_id`),
  };
}

/** Who had a phone and when, the newest first. */
export async function phoneHistory(sql: Sql, msisdn: Msisdn): Promise<PhoneUse[]> {
  return store.assignmentsOf(sql, msisdn);
}
