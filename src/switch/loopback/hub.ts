import type {
  Accepted,
  OutgoingTransfer,
  PartyId,
  QuoteOffer,
  SchemeError,
  SwitchAdapter,
  SwitchHandler,
} from '../port';
import { oneByOne } from '../one-by-one';
import { createBook, type Book, type Decided } from './book';

export interface LoopbackHub {
  /** The way in for one provider. */
  adapterFor(dfspId: string): SwitchAdapter;
  /** Aborts what nobody decided in time, and tells both sides. Returns how many. */
  expireDue(): Promise<number>;
  /** Waits until everything that was sent has been delivered. */
  idle(): Promise<void>;
}

export interface LoopbackDeps {
  readonly now: () => Date;
  /** What went wrong on a side when it was told something; it is told again when it asks. */
  readonly onError: (error: unknown) => void;
}

const accepted: Accepted = { status: 'accepted' };

export function createLoopbackHub({ now, onError }: LoopbackDeps): LoopbackHub {
  const members = new Map<string, SwitchHandler>();
  const book = createBook(now);
  const sent = new Set<Promise<void>>();
  /** Everything arrives later, as on any wire, and to a provider that is away not at all. */
  const deliver = (dfspId: string, event: (to: SwitchHandler) => Promise<void>): Accepted => {
    const delivery: Promise<void> = Promise.resolve()
      .then(() => {
        const member = members.get(dfspId);
        return member && event(member);
      })
      .catch(onError)
      .finally(() => sent.delete(delivery));
    sent.add(delivery);
    return accepted;
  };
  const tellBoth = ({ transfer, payerDfspId, outcome }: Decided): void => {
    deliver(payerDfspId, (to) => to.onTransferOutcome(outcome));
    const { transferId, dfspId } = transfer;
    if (outcome.state === 'committed' || outcome.state === 'aborted') {
      const { state, error } = outcome;
      deliver(dfspId, (to) => to.onConfirmed({ transferId, dfspId: payerDfspId, state, ...(error && { error }) }));
    }
  };
  return {
    adapterFor: (dfspId) => createAdapter(dfspId, { members, book, deliver, tellBoth }),
    expireDue: () => {
      const over = book.expire();
      over.forEach(tellBoth);
      return Promise.resolve(over.length);
    },
    idle: async () => {
      while (sent.size > 0) await Promise.all(sent);
    },
  };
}

interface Hub {
  readonly members: Map<string, SwitchHandler>;
  readonly book: Book;
  readonly deliver: (dfspId: string, event: (to: SwitchHandler) => Promise<void>) => Accepted;
  readonly tellBoth: (decided: Decided) => void;
}

function createAdapter(self: string, { members, book, deliver, tellBoth }: Hub): SwitchAdapter {
  const others = (): string[] => Array.from(members.keys()).filter((dfspId) => dfspId !== self);
  const prepare = (transfer: OutgoingTransfer): Accepted => {
    const { transferId, dfspId, quoteId, amount, expiresAt } = transfer;
    const taken = book.prepare(self, transfer);
    if (taken === 'modified') return { status: 'refused', error: errors.modified };
    if (typeof taken === 'object') return deliver(self, (to) => to.onTransferOutcome(taken));
    return deliver(dfspId, (to) => to.onPrepare({ transferId, dfspId: self, quoteId, amount, expiresAt }));
  };
  const requestQuote: SwitchAdapter['requestQuote'] = (request) =>
    Promise.resolve(deliver(request.payee.dfspId, (to) => to.onQuote({ ...request, dfspId: self })));
  const prepareTransfer: SwitchAdapter['prepareTransfer'] = (transfer) => Promise.resolve(prepare(transfer));
  return {
    name: 'loopback',
    start: (handler) => Promise.resolve(void members.set(self, handler)),
    stop: () => Promise.resolve(void members.delete(self)),
    lookUpParty: (partyId) => Promise.resolve(lookUp(partyId)),
    requestQuote,
    prepareTransfer,
    ...oneByOne({ requestQuote, prepareTransfer }),
    queryTransfer: ({ transferId }) => {
      const outcome = book.outcomeOf(transferId);
      return Promise.resolve(deliver(self, (to) => to.onTransferOutcome(outcome)));
    },
    answerLookup: ({ partyId, dfspId, result }) =>
      Promise.resolve(deliver(dfspId, (to) => to.onPartyAnswer({ partyId, result }))),
    termsOf: (request, offer) => termsOf(request.quoteId, offer),
    answerQuote: ({ quoteId, dfspId, result }) =>
      Promise.resolve(deliver(dfspId, (to) => to.onQuoteAnswer({ quoteId, dfspId: self, result }))),
    answerPrepare: ({ transferId, result }) => {
      const decided = book.answer(transferId, self, 'state' in result ? undefined : result);
      if (decided) tellBoth(decided);
      return Promise.resolve(accepted);
    },
    requestPayment: (request) =>
      Promise.resolve(deliver(request.payer.dfspId, (to) => to.onPaymentRequest({ ...request, dfspId: self }))),
    answerPaymentRequest: (answer) =>
      Promise.resolve(deliver(answer.dfspId, (to) => to.onPaymentRequestAnswer({ ...answer, dfspId: self }))),
    cancelPaymentRequest: ({ requestId, dfspId }) =>
      Promise.resolve(deliver(dfspId, (to) => to.onPaymentRequestCancelled({ requestId, dfspId: self }))),
    askForCode: (ask) => Promise.resolve(deliver(ask.dfspId, (to) => to.onCodeAsked({ ...ask, dfspId: self }))),
    answerCode: (answer) =>
      Promise.resolve(deliver(answer.dfspId, (to) => to.onCodeAnswer({ ...answer, dfspId: self }))),
    statement: (window) => Promise.resolve(book.statement(self, window)),
    registerParty: () => Promise.resolve(accepted), // everybody is asked
    forget: () => Promise.resolve(0), // nothing of it is on a disk
  };

  /** Nobody keeps a directory here: all others are asked, and where there is none, nobody is found. */
  function lookUp(partyId: PartyId): Accepted {
    const asked = others();
    asked.forEach((dfspId) => deliver(dfspId, (to) => to.onLookup({ partyId, dfspId: self })));
    return asked.length > 0
      ? accepted
      : deliver(self, (to) => to.onPartyAnswer({ partyId, result: errors.partyUnknown }));
  }
}

/** Nothing to prove within one process; an offer is bound by what it says. */
function termsOf(quoteId: string, { transferAmount }: QuoteOffer): string {
  return JSON.stringify({ quoteId, amount: transferAmount.amountMinor.toString(), currency: transferAmount.currency });
}

const errors = {
  partyUnknown: { code: '3204', description: 'Party not found', moneyMoved: 'no' },
  modified: { code: '3106', description: 'Modified request', moneyMoved: 'unknown' },
} as const satisfies Record<string, SchemeError>;
