import type { Msisdn } from '../platform';

/** How a provider takes our messages. Implemented by the drivers. */
export interface SmsSender {
  /**
   * Hands one message over, within a limit of its own. Never rejects.
   * `taken` is final; `refused` will never be taken; `not_taken` may be tried again, and so may `in_doubt`: no answer came,
   * and the provider has no key by which it would know the message again.
   */
  send(message: { to: Msisdn; body: string }): Promise<SendOutcome>;
}

export type SendOutcome =
  | { readonly outcome: 'taken'; readonly providerMessageId: string }
  | { readonly outcome: 'refused' | 'not_taken' | 'in_doubt'; readonly reason: string };

export interface DeliveryReport {
  readonly providerMessageId: string;
  readonly state: 'delivered' | 'failed';
}
