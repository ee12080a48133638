import { randomUUID } from 'node:crypto';
import type {
  CodeAsk,
  IncomingQuote,
  PartyId,
  PaymentRequestAnswer,
  SwitchAdapter,
  SwitchHandler,
  TransactionType,
} from '../../src/switch';

/** A provider with machines that take codes, an ATM or a shop's: it asks for money, and gives out what it was paid. */
export interface Machine {
  readonly name: string;
  /** Asks for so much, in minor units, from whoever types that number on it. Returns the id of the request. */
  readonly ask: (asked: Asked) => Promise<string>;
  /** What is typed when a code is wanted, in turn; `undefined`: whoever stands there says nothing. */
  readonly typed: (Typed | undefined)[];
  /** The same, later. */
  readonly tell: (requestId: string, typed: Typed) => Promise<void>;
  readonly codesAsked: CodeAsk[];
  readonly quotes: IncomingQuote[];
  readonly answers: PaymentRequestAnswer[];
  /** Minor units that it was paid, by request; what nobody had asked for by the empty one. */
  readonly paid: ReadonlyMap<string, bigint>;
}

/** A code, or that whoever stands there won't, or needs another one. */
type Typed = { readonly code: string } | { readonly response: 'rejected' | 'resend' };

export interface Asked {
  readonly payer: PartyId & { readonly dfspId: string };
  readonly amountMinor: bigint;
  readonly type: TransactionType;
  /** The same again is the same request. */
  readonly requestId?: string;
  /** Default: the payer agrees by a code. */
  readonly authentication?: 'OTP' | 'none';
}

export const atAtm: TransactionType = { scenario: 'WITHDRAWAL', initiator: 'PAYEE', initiatorType: 'DEVICE' };
export const atPos: TransactionType = { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'DEVICE' };

const lifeMs = 5 * 60_000;

interface MachineOptions {
  readonly adapter: SwitchAdapter;
  readonly now: () => Date;
  /** How Amina Otieno is reached there; default: nobody is. */
  readonly reached?: readonly PartyId[];
}

export async function openMachine(name: string, { adapter, now, reached = [] }: MachineOptions): Promise<Machine> {
  const typed: Machine['typed'] = [];
  const codesAsked: CodeAsk[] = [];
  const quotes: IncomingQuote[] = [];
  const answers: PaymentRequestAnswer[] = [];
  const asked = new Map<string, string>();
  const paid = new Map<string, bigint>();
  const offered = new Map<string, { readonly terms: string; readonly quote: IncomingQuote }>();
  const prepared = new Map<string, IncomingQuote>();
  const context = () => ({ deadline: new Date(now().getTime() + 10_000) });
  const nothing = (): Promise<void> => Promise.resolve();
  const tell: Machine['tell'] = async (requestId, word) => {
    const result = 'code' in word ? ({ response: 'entered', ...word } as const) : word;
    await adapter.answerCode({ requestId, dfspId: asked.get(requestId) ?? '', result }, context());
  };
  const handler: SwitchHandler = {
    // Who is not there is not answered for: in a loopback all are asked.
    onLookup: async ({ partyId, dfspId }) => {
      const result = { partyId, dfspId: name, name: 'Amina Otieno' };
      const isHere = reached.some(({ idType, id }) => idType === partyId.idType && id === partyId.id);
      if (isHere) await adapter.answerLookup({ partyId, dfspId, result }, context());
    },
    onQuote: async (quote) => {
      quotes.push(quote);
      const { amount, expiresAt } = quote;
      const payeeFee = { ...amount, amountMinor: 0n };
      const offer = { transferAmount: amount, payeeReceives: amount, payeeFee, expiresAt };
      const terms = adapter.termsOf(quote, offer);
      offered.set(quote.quoteId, { terms, quote });
      await adapter.answerQuote({ quoteId: quote.quoteId, dfspId: quote.dfspId, result: { offer, terms } }, context());
    },
    onCodeAsked: async (ask) => {
      codesAsked.push(ask);
      const next = typed.shift();
      if (next !== undefined) await tell(ask.requestId, next);
    },
    onPrepare: async ({ transferId, dfspId, quoteId }) => {
      const offer = offered.get(quoteId);
      if (!offer) throw new Error('a transfer that nobody offered for');
      prepared.set(transferId, offer.quote);
      const result = { state: 'reserved', terms: offer.terms } as const;
      await adapter.answerPrepare({ transferId, dfspId, result }, context());
    },
    onConfirmed: ({ transferId, state }) => {
      const { requestId = '', amount } = prepared.get(transferId) ?? {};
      if (state === 'committed' && amount) paid.set(requestId, (paid.get(requestId) ?? 0n) + amount.amountMinor);
      prepared.delete(transferId);
      return nothing();
    },
    onPaymentRequestAnswer: (answer) => {
      answers.push(answer);
      return nothing();
    },
    onPartyAnswer: nothing,
    onQuoteAnswer: nothing,
    onTransferOutcome: nothing,
    onPaymentRequest: nothing,
    onPaymentRequestCancelled: nothing,
    onCodeAnswer: nothing,
  };
  await adapter.start(handler);
  return {
    ...{ name, typed, codesAsked, quotes, answers, paid, tell },
    ask: async ({ payer, amountMinor, type, requestId = randomUUID(), authentication = 'OTP' }) => {
      const { dfspId, ...partyId } = payer;
      asked.set(requestId, dfspId);
      await adapter.requestPayment(
        {
          requestId,
          payer: { partyId, dfspId, name: '' },
          payee: { partyId: { idType: 'DEVICE', id: `${name}-0017` }, dfspId: name, name: '' },
          amount: { amountMinor, currency: 'KES' },
          transactionType: type,
          ...(authentication === 'OTP' && { authentication }),
          expiresAt: new Date(now().getTime() + lifeMs),
        },
        context(),
      );
      return requestId;
    },
  };
}
