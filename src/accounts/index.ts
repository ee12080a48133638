/**
 * Accounts: which accounts there are, who holds them and in what rank, and which one is a person's primary. It promises
 * that whoever can use an account has exactly one primary, that the owner of an account stays, and that whoever changes
 * something may: ranks are checked under the lock under which they change. It moves no money.
 */
export { mayDebit, type AccountPurpose, type HeldAccount } from './account';
export { createAccounts, type Accounts } from './accounts';
export type { AccountsError } from './errors';
