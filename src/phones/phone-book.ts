import { peopleMax } from '../identity';
import { plusMs, err, ok, type Msisdn, type Result } from '../platform';
import { ask, type Ask, type AskError } from './ask';
import { consent, refuse, type Consent, type ConsentError, type Refuse } from './decide';
import type { PhonesDeps } from './deps';
import { chooseContact, remove, type Change, type Removal, type Unproven } from './manage';
import * as store from './store';

export interface PhoneBook {
  /** Who decides whether one more comes onto a phone: its default person. Errors: `phone_full`, `phone_gone` for a phone of nobody's. */
  opener(msisdn: Msisdn): Promise<Result<{ customerId: string; firstName: string }, 'phone_full' | 'phone_gone'>>;
  /** See ask.ts. Errors: `phone_known`, `phone_full`, `phone_asks_too_many`, `let_in_over`. */
  ask(asked: Ask): Promise<Result<undefined, AskError>>;
  /** What waits for a person's yes or no, the oldest first. */
  waiting(customerId: string): Promise<store.OpenRequest[]>;
  /** See decide.ts. Errors: `phone_request_gone`, `phone_taken_since`, those of identity, of a SIM and of a PIN. */
  consent(agreed: Consent): Promise<Result<undefined, ConsentError>>;
  /** Errors: `phone_request_gone`. */
  refuse(refused: Refuse): Promise<Result<undefined, 'phone_request_gone'>>;
  /** Errors: `phone_gone`, those of a SIM and of a PIN. */
  chooseContact(change: Change): Promise<Result<undefined, 'phone_gone' | Unproven>>;
  /** Errors: `phone_gone`, `phone_last`, those of a SIM and of a PIN. */
  remove(change: Change): Promise<Result<Removal, 'phone_gone' | 'phone_last' | Unproven>>;
  /** Requests are kept for a week after they were made; the forensic log keeps what came of them. */
  forgetOldRequests(): Promise<number>;
}

const requestsKeptMs = 7 * 24 * 3_600_000;

export function createPhoneBook(deps: PhonesDeps): PhoneBook {
  const { db, clock, identity } = deps;
  return {
    opener: async (msisdn) => {
      const people = await identity.peopleOf(msisdn);
      const [first] = people;
      if (!first) return err('phone_gone');
      if (people.length >= peopleMax) return err('phone_full');
      return ok({ customerId: first.customerId, firstName: first.firstName });
    },
    ask: (asked) => ask(deps, asked),
    waiting: (customerId) => store.openRequests(db, customerId, clock.now()),
    consent: (agreed) => consent(deps, agreed),
    refuse: (refused) => refuse(deps, refused),
    chooseContact: (change) => chooseContact(deps, change),
    remove: (change) => remove(deps, change),
    forgetOldRequests: () => store.deleteRequestsBefore(db, plusMs(clock.now(), -requestsKeptMs)),
  };
}
