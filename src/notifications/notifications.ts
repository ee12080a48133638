import type { Customer } from '../identity';
import type { Msisdn, Tx } from '../platform';
import type { Outbox } from '../sms';
import { isLanguage, type Language, type Renderer, type SmsKey, type Values } from '../ussd';

export interface Notifications {
  /** Queues an SMS to a customer, in their language, in the transaction of what it tells. */
  tell(tx: Tx, customer: Customer, text: SmsKey, values?: Values): Promise<void>;
  /** Queues words that were already put in the customer's language. */
  tellWords(tx: Tx, msisdn: Msisdn, words: string): Promise<void>;
}

export function createNotifications({
  outbox,
  renderer,
  language: fallback,
}: {
  outbox: Outbox;
  renderer: Renderer;
  language: Language;
}): Notifications {
  return {
    tell: (tx, { msisdn, language }, text, values = {}) =>
      outbox.enqueue(tx, { to: msisdn, body: renderer.sms(isLanguage(language) ? language : fallback, text, values) }),
    tellWords: (tx, msisdn, words) => outbox.enqueue(tx, { to: msisdn, body: words }),
  };
}
