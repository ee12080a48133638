import type { Accounts } from '../accounts';
import type { Agents } from '../agents';
import type { Audit } from '../audit';
import type { Clearing, Waiting } from '../clearing';
import type { Identity } from '../identity';
import type { Invoices } from '../invoices';
import type { Notifications } from '../notifications';
import type { Payments } from '../payments';
import { plusMs, type Clock, type CodeDigests, type Db, type Ids, type Log, type Market } from '../platform';
import type { Rules } from '../rules';
import type { Context, SwitchAdapter } from '../switch';

export interface CounterDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly market: Market;
  readonly audit: Audit;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly rules: Rules;
  readonly notifications: Notifications;
  readonly payments: Payments;
  readonly agents: Agents;
  readonly invoices: Pick<Invoices, 'find' | 'send' | 'cancel' | 'giveUp' | 'placeOf'>;
  readonly clearing: Clearing;
  readonly adapter: Pick<SwitchAdapter, 'requestPayment' | 'answerPaymentRequest' | 'askForCode' | 'answerCode'>;
  /** Tells whether the same was typed again. */
  readonly codes: CodeDigests;
  readonly terms: CounterTerms;
  readonly waiting: Waiting;
  /** Has it done after what is in hand: whoever tells us something waits for no answer of somebody else's. */
  readonly background: (work: () => Promise<unknown>) => void;
}

export function contextOf({ clock, terms }: Pick<CounterDeps, 'clock' | 'terms'>): Context {
  return { deadline: plusMs(clock.now(), terms.patienceMs) };
}

export interface CounterTerms {
  /** What this provider is called in the scheme. */
  readonly dfspId: string;
  /** How long somebody on a line waits for another provider. */
  readonly patienceMs: number;
  /** How long a customer's code is good, and a counter's request for one. */
  readonly codeTtlMs: number;
  /** How long a code that was told right waits for the agent's provider, before the money is given back. */
  readonly transferTtlMs: number;
  /** How long what is over is kept. */
  readonly keptMs: number;
}
