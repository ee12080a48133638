import type { Accounts } from '../accounts';
import type { Audit } from '../audit';
import type { Customer, Identity } from '../identity';
import type { Outside, Payment, Payments } from '../payments';
import type { Clock, Db, Ids, Log, Market, Result, Tx } from '../platform';
import type { Rules } from '../rules';
import type {
  CodeAnswer,
  CodeAsk,
  IncomingPaymentRequest,
  PartyId,
  PaymentRequestAnswer,
  PaymentRequestRef,
  SwitchAdapter,
} from '../switch';

export interface ClearingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly market: Market;
  readonly audit: Audit;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly rules: Rules;
  readonly payments: Payments;
  readonly adapter: SwitchAdapter;
  readonly terms: ClearingTerms;
  readonly requests: Requests;
  /** Another provider asks for what came from it by mistake: a case is opened. Refused where there is nothing to ask for. */
  readonly onAskedBack: (asked: AskedOfUs) => Promise<Result<unknown, string>>;
}

/** What is asked between providers and where a till stands, in the hands of whoever keeps them: the invoices, and counters. */
export interface Requests {
  /** Somebody elsewhere asks for money: kept, and answered. `buyer`: undefined where nobody here is meant. */
  take(asked: {
    readonly request: IncomingPaymentRequest;
    readonly buyer: Customer | undefined;
    readonly seller: Outside;
  }): Promise<void>;
  takeAnswer(answer: PaymentRequestAnswer): Promise<void>;
  takeCancel(request: PaymentRequestRef): Promise<void>;
  /** Somebody elsewhere wants the code of a customer of theirs who stands at a counter here. */
  takeCodeAsk(ask: CodeAsk): Promise<void>;
  /** What was typed at a counter elsewhere. */
  takeCodeAnswer(answer: CodeAnswer): Promise<void>;
  /** What a provider may pay that names a request of ours to it. Errors: `request_unknown`, `request_over`, `request_underway`. */
  find(ref: {
    readonly dfspId: string;
    readonly requestId: string;
  }): Promise<Result<Requested, 'request_unknown' | 'request_over' | 'request_underway'>>;
  /** The till that has this number here. */
  shopAt(tillNumber: string): Promise<TillHere | undefined>;
}

/** Where a till's money goes, and what a buyer reads before paying. */
export interface TillHere {
  readonly name: string;
  readonly ownerId: string;
  readonly accountId: string;
}

export interface Requested {
  readonly product: 'purchase' | 'cash_out';
  /** The invoice, or the agent's request. */
  readonly subjectId: string;
  /** Whom it is to be paid to, as they were named. */
  readonly payee: PartyId;
  readonly ownerId: string;
  readonly accountId: string;
  readonly amountMinor: bigint;
}

export interface ClearingTerms {
  /** What this provider is called in the scheme: 1 to 32 characters. */
  readonly dfspId: string;
  /** How long somebody on a line waits for another provider. */
  readonly patienceMs: number;
  /** How long an offer of ours holds. */
  readonly offerTtlMs: number;
  /** Within what time the scheme decides over a transfer of ours. */
  readonly transferTtlMs: number;
  /** How long after that nothing of ours can arrive there any more: only then is what it doesn't know taken for lost. */
  readonly graceMs: number;
  /** How long messages of the scheme are kept. */
  readonly keptMs: number;
}

/** What another provider asks back, and what is kept with the case of it. */
export interface AskedOfUs {
  readonly payment: Payment;
  readonly by: { readonly kind: 'provider'; readonly id: string };
  readonly channel: 'api';
  readonly traceId: string;
  readonly also: (tx: Tx) => Promise<void>;
}
