import type { Currency } from '../platform';

/**
 * The port between this provider and a payment scheme: Mojaloop's FSPIOP, the scheme of 2017, or the provider alone.
 *
 * It is asynchronous and durable. A command answers `accepted` (it is on its way; what comes of it arrives as an event,
 * perhaps twice, perhaps in another process, perhaps never) or refuses at once, and then nothing left the house. The core
 * owns ids, deadlines and the journal, and asks again with the same id; an adapter owns the wire: paths, signatures,
 * versions, conditions. What a scheme needs to prove a transfer travels as `terms`: text that one adapter wrote, the core
 * keeps and never reads.
 *
 * Unknown is not failed: only a `SchemeError` with `moneyMoved: 'no'` lets anybody release money.
 */
export interface SwitchAdapter {
  /** `loopback`, `l1p`, `fspiop`. */
  readonly name: string;
  /** Takes events from now on; resolves when commands can be carried out. */
  start(handler: SwitchHandler): Promise<void>;
  /** Waits for what is under way and takes nothing new. */
  stop(): Promise<void>;

  /** Asks who is reached by an identifier, and at which provider. Comes back as `onPartyAnswer`. */
  lookUpParty(partyId: PartyId, context: Context): Promise<Accepted>;
  /** Asks the payee's provider what a payment would be. Comes back as `onQuoteAnswer`. */
  requestQuote(request: QuoteRequest, context: Context): Promise<Accepted>;
  /**
   * Sends money that is reserved here; the same `transferId` again is the same transfer. Comes back as
   * `onTransferOutcome`. From the first call on the money must not be released before the scheme has said so.
   */
  prepareTransfer(transfer: OutgoingTransfer, context: Context): Promise<Accepted>;
  /**
   * Many quotes in one envelope: each comes back by itself, as `onQuoteAnswer`. The same `bulkQuoteId` again is the same bulk, and
   * asks for the answers that are missing. Resolves to an answer for each item, in their order.
   */
  requestQuotes(bulk: BulkQuoteRequest, context: Context): Promise<readonly Accepted[]>;
  /** Many transfers in one envelope, each by itself as with `prepareTransfer`; none of them is ever sent alone. */
  prepareTransfers(bulk: BulkTransfer, context: Context): Promise<readonly Accepted[]>;
  /** Asks the scheme what became of a transfer of ours, alone or of a bulk. Comes back as `onTransferOutcome`. */
  queryTransfer(transfer: TransferRef, context: Context): Promise<Accepted>;

  /**
   * Asks a customer of another provider to pay somebody here; the same `requestId` again is the same request. Comes back as
   * `onPaymentRequestAnswer`; that they pay, as a quote and a transfer that name the request.
   */
  requestPayment(request: PaymentRequest, context: Context): Promise<Accepted>;
  /** Answers `onPaymentRequest`, at once and again when the customer has said no. */
  answerPaymentRequest(answer: PaymentRequestAnswer, context: Context): Promise<Accepted>;
  /**
   * Takes a request of ours back, however often; comes to the other side as `onPaymentRequestCancelled`. A scheme that has no word
   * for it refuses with 2002: who was asked hears of it when they try to pay.
   */
  cancelPaymentRequest(request: PaymentRequestRef, context: Context): Promise<Accepted>;

  /**
   * Asks the provider that made a request to pay for the code by which its payer agrees; the same `triesLeft` again is the same
   * question. Comes back as `onCodeAnswer`.
   */
  askForCode(ask: CodeAsk, context: Context): Promise<Accepted>;
  /** Answers `onCodeAsked`. What is typed is carried and kept nowhere: what is lost is asked for again. */
  answerCode(answer: CodeAnswer, context: Context): Promise<Accepted>;

  /** Answers `onLookup`. */
  answerLookup(answer: LookupAnswer, context: Context): Promise<Accepted>;
  /** What binds an offer: made before it is kept, kept before it is sent. Reads and writes nothing. */
  termsOf(request: IncomingQuote, offer: QuoteOffer): Terms;
  /** Answers `onQuote`. */
  answerQuote(answer: QuoteAnswerOut, context: Context): Promise<Accepted>;
  /** Answers `onPrepare`: the money is reserved for the payee, or the transfer is refused. */
  answerPrepare(answer: PrepareAnswer, context: Context): Promise<Accepted>;

  /** Tells the scheme's directory that a number is reached here, or no more. */
  registerParty(partyId: PartyId, change: 'add' | 'remove', context: Context): Promise<Accepted>;
  /**
   * What the scheme has on its own books about us: every transfer that it took or decided from `from` until before `to`, by its clock.
   * Undefined where a scheme tells nobody. Rejects when the scheme can't be reached.
   */
  statement(window: { readonly from: Date; readonly to: Date }): Promise<readonly StatementLine[] | undefined>;
  /**
   * Forgets messages from before, in small batches: what comes again is then new to it, and what is asked for is unknown. What is not
   * decided yet stays, however old. Returns how many rows.
   */
  forget(before: Date): Promise<number>;
}

/**
 * What the core does with events. Each resolves once it is on the disk and may come any number of times; a rejection means
 * that nothing was kept, and the adapter lets the other side come again.
 */
export interface SwitchHandler {
  /** Somebody asks who is reached here. Answered by `answerLookup`. */
  onLookup(lookup: IncomingLookup): Promise<void>;
  /** Somebody wants to pay a customer of ours. Answered by `answerQuote`. */
  onQuote(quote: IncomingQuote): Promise<void>;
  /** Money comes for a customer of ours; the adapter has proven that the terms are ours. Answered by `answerPrepare`. */
  onPrepare(transfer: IncomingTransfer): Promise<void>;
  /** The scheme has decided over a transfer that comes in: only now is the payee's money the payee's. */
  onConfirmed(confirmation: Confirmation): Promise<void>;
  onPartyAnswer(answer: PartyAnswer): Promise<void>;
  onQuoteAnswer(answer: QuoteAnswer): Promise<void>;
  onTransferOutcome(outcome: TransferOutcome): Promise<void>;
  /** Somebody elsewhere asks a customer of ours for money. Answered by `answerPaymentRequest`. */
  onPaymentRequest(request: IncomingPaymentRequest): Promise<void>;
  onPaymentRequestAnswer(answer: PaymentRequestAnswer): Promise<void>;
  /** Whoever asked has taken it back. What is paid or was never known stays so. */
  onPaymentRequestCancelled(request: PaymentRequestRef): Promise<void>;
  /** The payer's provider wants the code for a request of ours. Answered by `answerCode`. */
  onCodeAsked(ask: CodeAsk): Promise<void>;
  onCodeAnswer(answer: CodeAnswer): Promise<void>;
}

/** How an identifier is read, as FSPIOP names it (API Definition, section 7.5.6). */
export type PartyIdType = 'MSISDN' | 'EMAIL' | 'PERSONAL_ID' | 'BUSINESS' | 'DEVICE' | 'ACCOUNT_ID' | 'IBAN' | 'ALIAS';

export interface PartyId {
  readonly idType: PartyIdType;
  /** A phone number in digits with its country code and no plus sign, or what the type says. */
  readonly id: string;
  readonly subId?: string;
}

export interface Party {
  readonly partyId: PartyId;
  readonly dfspId: string;
  /** What may be shown to whoever pays. */
  readonly name: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

export interface Money {
  readonly amountMinor: bigint;
  readonly currency: Currency;
}

/** By when an answer is of use, and the trace that this belongs to. */
export interface Context {
  readonly deadline: Date;
  /** W3C Trace Context. */
  readonly traceparent?: string;
}

export type Accepted = { readonly status: 'accepted' } | { readonly status: 'refused'; readonly error: SchemeError };

/** Written by an adapter, kept by the core, read by the same adapter. */
export type Terms = string;

/** What a payment is, as FSPIOP tells it (section 5.3). */
export interface TransactionType {
  readonly scenario: 'TRANSFER' | 'DEPOSIT' | 'WITHDRAWAL' | 'PAYMENT' | 'REFUND';
  readonly initiator: 'PAYER' | 'PAYEE';
  readonly initiatorType: 'CONSUMER' | 'AGENT' | 'BUSINESS' | 'DEVICE';
  /** Of a refund: the transaction that it gives back, by the id that its payer's provider gave it. */
  readonly refundInfo?: { readonly originalTransactionId: string };
}

export interface QuoteRequest {
  /** UUIDv4, as every id on a wire. */
  readonly quoteId: string;
  readonly transactionId: string;
  readonly payer: Party;
  readonly payee: Party;
  /** `SEND`: the amount leaves the payer. `RECEIVE`: it arrives at the payee. */
  readonly amountType: 'SEND' | 'RECEIVE';
  readonly amount: Money;
  readonly transactionType: TransactionType;
  readonly note?: string;
  /** The request that is paid by this. */
  readonly requestId?: string;
  readonly expiresAt: Date;
}

export interface QuoteOffer {
  /** What moves between the providers. */
  readonly transferAmount: Money;
  readonly payeeReceives: Money;
  readonly payeeFee: Money;
  readonly expiresAt: Date;
}

/** A transfer and who is on its other side. */
export interface TransferRef {
  readonly transferId: string;
  readonly dfspId: string;
}

export interface OutgoingTransfer extends TransferRef {
  readonly quoteId: string;
  readonly amount: Money;
  /** As `onQuoteAnswer` brought them. */
  readonly terms: Terms;
  readonly expiresAt: Date;
}

/** How many may travel in one envelope (API Definition, sections 6.9 and 6.10). */
export const bulkItemsMax = 1_000;

/** What one payer would pay to customers of one provider. */
export interface BulkQuoteRequest extends Pick<QuoteRequest, 'payer' | 'expiresAt'> {
  /** UUIDv4. */
  readonly bulkQuoteId: string;
  /** Whom it is sent to. */
  readonly dfspId: string;
  /** 1 to `bulkItemsMax`. */
  readonly items: readonly Omit<QuoteRequest, 'payer' | 'expiresAt' | 'requestId'>[];
}

/** Transfers to one provider by offers of one bulk. */
export interface BulkTransfer extends Pick<OutgoingTransfer, 'dfspId' | 'expiresAt'> {
  /** UUIDv4. */
  readonly bulkTransferId: string;
  readonly bulkQuoteId: string;
  /** 1 to `bulkItemsMax`. */
  readonly items: readonly Omit<OutgoingTransfer, 'dfspId' | 'expiresAt'>[];
}

/** What somebody here asks of a customer of another provider: what a merchant sold, say. */
export interface PaymentRequest {
  /** UUIDv4. */
  readonly requestId: string;
  readonly payer: Party;
  readonly payee: Party;
  readonly amount: Money;
  readonly transactionType: TransactionType;
  readonly note?: string;
  /** The payer agrees by a one-time code that they tell whoever asks; absent: at their own provider. */
  readonly authentication?: 'OTP';
  readonly expiresAt: Date;
}

export interface IncomingPaymentRequest extends PaymentRequest {
  /** Who asks: the payee's provider. */
  readonly dfspId: string;
}

export interface PaymentRequestRef {
  readonly requestId: string;
  /** The other side: whom it is told to, or who tells it. */
  readonly dfspId: string;
}

export interface PaymentRequestAnswer extends PaymentRequestRef {
  /** `received`: the payer has it before them. `rejected`: it won't be paid. */
  readonly state: 'received' | 'rejected';
  readonly error?: SchemeError;
}

/** The question for a code (FSPIOP, section 6.6.3.1). */
export interface CodeAsk {
  readonly requestId: string;
  /** The other side: who is asked, or who asks. */
  readonly dfspId: string;
  /** How often a code may still be tried: 1 is the last time. */
  readonly triesLeft: number;
  /** What is taken from the payer, fees and all. */
  readonly amount: Money;
}

export interface CodeAnswer {
  readonly requestId: string;
  /** The other side: whom it is told to, or who tells it. */
  readonly dfspId: string;
  /** What came of it at the counter: the code, that the payer won't, that they need another code; or nobody can be asked. */
  readonly result:
    | { readonly response: 'entered'; readonly code: string }
    | { readonly response: 'rejected' | 'resend' }
    | SchemeError;
}

export interface IncomingLookup {
  readonly partyId: PartyId;
  /** Who asks. */
  readonly dfspId: string;
}

export interface LookupAnswer extends IncomingLookup {
  readonly result: Party | SchemeError;
}

export interface IncomingQuote extends QuoteRequest {
  /** Who asks: the payer's provider. */
  readonly dfspId: string;
  /** Its ids as they came, where the scheme writes them otherwise than as UUIDs: for `termsOf`. */
  readonly spelled?: { readonly quoteId: string; readonly transactionId: string };
}

export interface QuoteAnswerOut {
  readonly quoteId: string;
  readonly dfspId: string;
  readonly result: { readonly offer: QuoteOffer; readonly terms: Terms } | SchemeError;
}

export interface IncomingTransfer extends TransferRef {
  /** The quote by which it was offered, as the terms say. */
  readonly quoteId: string;
  readonly amount: Money;
  readonly expiresAt: Date;
}

export interface PrepareAnswer extends TransferRef {
  readonly result: { readonly state: 'reserved'; readonly terms: Terms } | SchemeError;
}

export interface Confirmation extends TransferRef {
  readonly state: 'committed' | 'aborted';
  readonly error?: SchemeError;
}

export interface PartyAnswer {
  readonly partyId: PartyId;
  readonly result: Party | SchemeError;
}

export interface QuoteAnswer {
  readonly quoteId: string;
  readonly dfspId: string;
  readonly result: { readonly offer: QuoteOffer; readonly terms: Terms } | SchemeError;
}

export interface TransferOutcome {
  readonly transferId: string;
  /**
   * `committed`: it is the payee's, and the adapter has checked the proof. `aborted`: it never will be. `pending`: the scheme
   * has it. `unknown`: the scheme has never heard of it, which is final only once nothing of ours can still arrive there.
   */
  readonly state: 'committed' | 'aborted' | 'pending' | 'unknown';
  readonly error?: SchemeError;
}

/** One transfer as the scheme's books have it. */
export interface StatementLine {
  readonly transferId: string;
  readonly payerDfspId: string;
  readonly payeeDfspId: string;
  readonly amount: Money;
  readonly state: 'committed' | 'aborted' | 'pending';
  /** What the scheme itself took for it, from the payer's provider and the payee's; undefined: it doesn't say. */
  readonly payerFee?: Money;
  readonly payeeFee?: Money;
  readonly createdAt?: Date;
  readonly decidedAt?: Date;
  /** Whether it was settled between the providers. */
  readonly settled?: boolean;
}

export interface SchemeError {
  /** FSPIOP's four digits (section 7.6): the vocabulary for every scheme. */
  readonly code: string;
  /** For the log and the other provider; customers are told by code. */
  readonly description: string;
  /** Whether money may have moved in spite of it. */
  readonly moneyMoved: 'no' | 'unknown';
}

export function isSchemeError(result: object): result is SchemeError {
  return 'moneyMoved' in result;
}

/** Whether it may be otherwise in a moment: the way there, or who is busy or away (section 7.6). What else is said stays so. */
export function isPassing({ code }: Pick<SchemeError, 'code'>): boolean {
  return code.startsWith('1') || ['2001', '2003', '2004', '2005'].includes(code);
}
