import { fromPromise, type PromiseActorLogic } from 'xstate';
import { fullName, type Customer } from '../../identity';
import type { HeldAccount } from '../../accounts';
import type { AuditEvent } from '../../audit';
import type { Services } from '../services';

/** A service as an actor: what it throws is for the machine's `onError`. */
export function serve<Input, Output>(work: (input: Input) => Promise<Output>): PromiseActorLogic<Output, Input> {
  return fromPromise<Output, Input>(({ input }) => work(input));
}

/** A hop that brought a PIN. */
export interface PinHop {
  customerId: string;
  pin: string;
  hopKey: string;
}

/** Whom a number belongs to: from here on by their user number, that no phone can change. */
export function personOf(customer: Customer): { number: string; name: string } {
  return { number: customer.userNumber, name: fullName(customer) };
}

/** An account as its holder knows it: somebody else's with that person's first name. */
export async function labelOf(
  { db, identity }: Pick<Services, 'db' | 'identity'>,
  { name, ownerId }: Pick<HeldAccount, 'name' | 'ownerId'>,
  customerId: string,
): Promise<string> {
  const owner = ownerId === customerId ? undefined : await identity.byId(db, ownerId);
  return owner ? `${name}, ${owner.firstName}` : name;
}

/** What somebody did to their own account. */
export function byCustomer(customerId: string): Pick<AuditEvent, 'actor' | 'subject'> {
  return { actor: { kind: 'customer', id: customerId }, subject: { kind: 'customer', id: customerId } };
}
