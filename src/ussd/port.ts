import type { Msisdn } from '../platform';

/**
 * What an aggregator's driver hands to the dialogue engine, and what it gets back. Nothing here is of one provider.
 */
export interface UssdHop {
  /** The driver's name, e.g. `africastalking`; session ids are unique within it. */
  readonly provider: string;
  readonly sessionId: string;
  readonly msisdn: Msisdn;
  /** What was dialled, e.g. `*384*123#`. */
  readonly serviceCode: string;
  readonly network: string;
  /** Everything typed in this session so far, joined by `*`; empty on the dial itself. */
  readonly cumulativeText: string;
  /** The provider says that this session was under way before this hop (it echoes what we set on earlier replies). */
  readonly underWay: boolean;
  /** How long the caller will wait for the answer. */
  readonly deadlineMs: number;
  readonly budget: ScreenBudget;
}

/** How much one screen may hold on the caller's network: septets in GSM-7, UTF-16 units in UCS-2. */
export interface ScreenBudget {
  readonly septets: number;
  readonly ucs2Units: number;
}

export interface UssdReply {
  readonly kind: 'continue' | 'end';
  readonly text: string;
  /** `<flow>.<state>` of the screen, e.g. `send-money.amount`; never data. */
  readonly state: string;
}

/** Answers one hop, within its deadline, exactly once however often it is delivered. Never rejects. */
export type UssdHandler = (hop: UssdHop) => Promise<UssdReply>;
