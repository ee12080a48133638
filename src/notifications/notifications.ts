import type { Customer } from '../identity';
import type { Attachment, Msisdn, Tx } from '../platform';
import { balanceMark, type BalanceOf, type Outbox } from '../sms';
import { isLanguage, type Language, type Renderer, type SmsKey, type Values } from '../ussd';

export interface Notifications {
  /** Queues an SMS to a customer, in their language, in the transaction of what it tells. */
  tell(tx: Tx, customer: Customer, text: SmsKey, values?: Values): Promise<void>;
  /**
   * The same as a row that commits with money; none for somebody who can be reached on no phone. With `balanceOf`,
   * `{{balance}}` is what is available there when the money has moved.
   */
  attachments(customer: Customer, text: SmsKey, values: Values, balanceOf?: BalanceOf): Attachment[];
  /** A title and as many lines as one segment holds. */
  tellList(tx: Tx, customer: Customer, title: SmsKey, lines: readonly SmsLine[]): Promise<void>;
  /** Queues words that were already put in the customer's language. */
  tellWords(tx: Tx, msisdn: Msisdn, words: string): Promise<void>;
}

export interface SmsLine {
  readonly text: SmsKey;
  readonly values: Values;
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
  const languageOf = ({ language }: Customer): Language => (isLanguage(language) ? language : fallback);
  /** Whoever can be reached on no phone is told nothing. */
  const queue = async (tx: Tx, to: Msisdn | undefined, body: string): Promise<void> => {
    if (to !== undefined) await outbox.enqueue(tx, { to, body });
  };
  const wordsFor = (customer: Customer, text: SmsKey, values: Values): string =>
    renderer.sms(languageOf(customer), text, values);
  return {
    tell: (tx, customer, text, values = {}) => queue(tx, customer.msisdn, wordsFor(customer, text, values)),
    attachments: (customer, text, values, balanceOf) => {
      const { msisdn: to } = customer;
      if (to === undefined) return [];
      const balance = balanceOf && { balance: balanceMark(balanceOf.currency) };
      return [outbox.attachment({ to, body: wordsFor(customer, text, { ...values, ...balance }) }, balanceOf)];
    },
    tellList: (tx, customer, title, lines) =>
      queue(tx, customer.msisdn, renderer.smsList(languageOf(customer), title, lines)),
    tellWords: (tx, msisdn, words) => outbox.enqueue(tx, { to: msisdn, body: words }),
  };
}
