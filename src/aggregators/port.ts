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

/** One provider: its callbacks as routes, and its way to send an SMS. */
export interface Aggregator {
  readonly name: string;
  readonly routes: Router;
  readonly sms: SmsSender;
}
