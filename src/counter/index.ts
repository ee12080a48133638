/**
 * Counter: cash at an agent or an ATM of another provider, and what a shop there sells, by a one-time code. A customer here has
 * a code that is told there: it is asked for over the scheme, and the money that it holds leaves once, when it was told right.
 * An agent or a shop here asks somebody from there for theirs: what is typed is carried to the provider whose code it is, and
 * kept nowhere.
 */
export { createCounter, type Counter } from './counter';
export { createCounterCompanion } from './companion';
export type { CounterError } from './errors';
export type { CounterRequest } from './counter-request-store';
