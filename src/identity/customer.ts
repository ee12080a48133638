import type { Msisdn } from '../platform';

export type Role = 'customer' | 'agent' | 'merchant';

/** A person who is known here. */
export interface Customer {
  readonly customerId: string;
  /** Eight digits that name them to others, and stay theirs. */
  readonly userNumber: string;
  /** The phone that they are reached on; undefined while they have none. */
  readonly msisdn: Msisdn | undefined;
  readonly firstName: string;
  readonly lastName: string;
  readonly language: string;
  readonly role: Role;
  /** What it allows: src/rules. */
  readonly tier: string;
  readonly status: 'active' | 'closed';
}

/** Somebody's time with a phone. */
export interface PhoneUse {
  readonly customerId: string;
  readonly userNumber: string;
  readonly from: Date;
  /** Null: to this day. */
  readonly to: Date | null;
  /** How often the SIM was seen to be another one. */
  readonly simEpoch: number;
  readonly isDefault: boolean;
}

export function fullName({ firstName, lastName }: Pick<Customer, 'firstName' | 'lastName'>): string {
  return `${firstName} ${lastName}`;
}

/** `Kani A.`: how a person is named in a message that stays on somebody else's phone. */
export function maskedName({ firstName, lastName }: Pick<Customer, 'firstName' | 'lastName'>): string {
  const [initial] = lastName;
  return initial === undefined ? firstName : `${firstName} ${initial}.`;
}
