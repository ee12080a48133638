import type { Router } from 'express';
import type { Msisdn } from '../platform';
import type { DeliveryReport, SmsSender } from '../sms';
import type { UssdHandler } from '../ussd';

/** What a driver may call: the same for every provider. */
export interface AggregatorHandlers {
  readonly onHop: UssdHandler;
  /** The provider says that a session is over. What was typed in it stays with the driver. */
  readonly onSessionEnd: (end: SessionEnd) => Promise<void>;
  /** `text` may hold a PIN or a code: it is read and forgotten. */
  readonly onSms: (sms: { provider: string; messageId: string; from: Msisdn; text: string }) => Promise<void>;
  readonly onDeliveryReport: (report: DeliveryReport) => Promise<void>;
}

export interface SessionEnd {
  readonly provider: string;
  readonly sessionId: string;
  /** `completed`: the last screen reached the phone. `dropped`: the caller or the network left. `failed`: our answer was no good. */
  readonly outcome: 'completed' | 'dropped' | 'failed';
  /** The screens' names on the way, e.g. `main.home|send-money.payee`; never data. */
  readonly screens: string;
}

/** A screen that we open on a phone that did not dial. */
export interface PushPrompt {
  readonly to: Msisdn;
  readonly serviceCode: string;
  /** What the phone would have typed to come to that screen, joined by `*`. */
  readonly inputs: string;
}

/** For networks that open sessions from our side (network-initiated USSD, B12). */
export interface PushSender {
  /**
   * Opens a session on the phone. The driver hands its first hop to `onHop` with `inputs` as the cumulative text, shows
   * the reply, and hands on what is answered after it like any other hop: the screen asks for the PIN, and nothing is
   * decided without it. `not_shown` when the phone is off, busy or may not be asked; never rejects.
   */
  open(prompt: PushPrompt): Promise<'shown' | 'not_shown'>;
}

/** One provider: its callbacks as routes, its way to send an SMS, and, where it can, to open a session. */
export interface Aggregator {
  readonly name: string;
  readonly routes: Router;
  readonly sms: SmsSender;
  readonly push?: PushSender;
}
