import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Ledger } from '../ledger';
import type { Clock, Currency, Db, Msisdn, Tx } from '../platform';
import type { SmsKey, Values } from '../ussd';

export interface AccountsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly identity: Identity;
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly currency: Currency;
  /** Queues an SMS to a person in the transaction of what it tells. */
  readonly tell: (tx: Tx, customerId: string, text: SmsKey, values: Values) => Promise<void>;
  /** The same to a phone that nobody is known on. */
  readonly tellPhone: (tx: Tx, msisdn: Msisdn, text: SmsKey, values: Values) => Promise<void>;
}

/** A hop that brought a PIN: whoever changes something proves that it is them. */
export interface PinProof {
  readonly customerId: string;
  readonly pin: string;
  readonly hopKey: string;
}
