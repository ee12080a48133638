/**
 * Phones: how somebody who has an account comes onto one more phone, and leaves one. It promises that nobody is on a phone
 * without their PIN on a phone that was theirs before, nor without the PIN of whoever had the phone; that a SIM that was
 * changed lately changes nothing of it; that whoever asks learns of nobody whether they are a customer; and that the phone
 * where a person's messages go hears of every change.
 */
export type { JoinError } from './errors';
export { createPhoneBook, type PhoneBook } from './phone-book';
