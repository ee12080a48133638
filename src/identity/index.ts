/**
 * Identity: who people are, which number reaches them, and whether a PIN is theirs. It promises that no PIN is kept in
 * clear anywhere, that three wrong ones lock, exactly, under any concurrency and through any crash, and that national
 * IDs and birth dates are unreadable without a key that the database does not hold. It knows no money.
 */
export { fullName, maskedName, type Customer, type Role } from './customer';
export type { PhoneError, PinError, RegistrationError, ResetError } from './errors';
export { createIdentity, type Identity } from './identity';
export { peopleMax } from './phones';
export { resetTtlMs } from './pin-reset';
export type { NewCustomer } from './register';
export type { SeenSwap } from './sim';
export type { StoredPin } from './store';
