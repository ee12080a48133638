import type { Msisdn } from '../platform';

export type Role = 'customer' | 'agent' | 'merchant';
export type AccountPurpose = 'main' | 'commission';

/** A person with an account here, and the number they are reached on today. */
export interface Customer {
  readonly customerId: string;
  readonly msisdn: Msisdn;
  readonly firstName: string;
  readonly lastName: string;
  readonly language: string;
  readonly role: Role;
  readonly status: 'active' | 'closed';
}

export function fullName({ firstName, lastName }: Pick<Customer, 'firstName' | 'lastName'>): string {
  return `${firstName} ${lastName}`;
}
