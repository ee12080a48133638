import { fromPromise, type PromiseActorLogic } from 'xstate';
import { fullName, type Customer } from '../../identity';
import type { AuditEvent } from '../../audit';

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

/** What somebody did to their own account. */
export function byCustomer(customerId: string): Pick<AuditEvent, 'actor' | 'subject'> {
  return { actor: { kind: 'customer', id: customerId }, subject: { kind: 'customer', id: customerId } };
}
