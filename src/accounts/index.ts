/**
 * Accounts: which accounts there are, who holds them and in what rank, and which one is a person's primary. It promises
 * that whoever can use an account has exactly one primary, and that the owner of an account stays. It moves no money.
 */
export { mayDebit, type AccountPurpose, type HeldAccount } from './account';
export { createAccounts, type Accounts } from './accounts';
