import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  moneyEnds,
  notDone,
  pinAgain,
  port,
  priceGone,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/**
 * A customer gets a code by which to pay in a shop of another provider: it holds the money until it is typed there, in any
 * such shop. The code comes by SMS only; here stands what it is for, and until when.
 */
interface Context {
  caller: Caller;
  code: ShopCode;
  quote: ShopQuote;
  reference: string;
}
/** A code that waits; `paymentId` is empty where there is none. */
export interface ShopCode {
  readonly paymentId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  /** Until when, as people read it. */
  readonly until: string;
}
export interface ShopQuote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  readonly totalMinor: string;
}

const noCode: ShopCode = { paymentId: '', amountMinor: '0', feeMinor: '0', until: '' };
const noQuote: ShopQuote = { quoteId: '', amountMinor: '0', feeMinor: '0', totalMinor: '0' };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    heldCode: port<{ customerId: string }, ShopCode | undefined>(),
    /** Refusals: `code_open`, `amount_invalid`, `not_signatory`, `not_allowed`, … */
    quote: port<{ customerId: string; accountId: string; amountMinor: string }, ShopQuote>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `funds_insufficient`, `code_open`, … */
    submit: port<
      { customerId: string; quoteId: string; pin: string; hopKey: string },
      { reference: string; until: string }
    >(),
    /** Refusals: `request_gone`. */
    cancel: port<{ customerId: string; paymentId: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

function quoted({ quote, code, reference, caller: { currency } }: Context) {
  return {
    amount: money(quote.amountMinor, currency),
    fee: money(quote.feeMinor, currency),
    total: money(quote.totalMinor, currency),
    date: code.until,
    ...{ currency, reference },
  };
}

export const shopCode = tree.createMachine({
  id: 'shop-code',
  initial: 'looking',
  context: ({ input }) => ({ caller: input, code: noCode, quote: noQuote, reference: '' }),
  states: {
    looking: {
      tags: 'busy',
      invoke: {
        src: 'heldCode',
        input: ({ context }) => ({ customerId: context.caller.customerId }),
        onDone: [
          {
            guard: ({ event }) => event.output !== undefined,
            target: 'held',
            actions: assign({ code: ({ event }) => event.output ?? noCode }),
          },
          { target: 'amount' },
        ],
        onError: { target: 'unsure', actions: 'tell' },
      },
    },
    amount: {
      meta: { text: 'pay.codeAmount', values: quoted, input: 'amount' },
      on: {
        ANSWER: {
          target: 'quoting',
          actions: assign({ quote: ({ event }) => ({ ...noQuote, amountMinor: event.value }) }),
        },
      },
    },
    quoting: {
      tags: 'busy',
      invoke: {
        src: 'quote',
        input: ({ context: { caller, quote } }) => ({
          ...{ customerId: caller.customerId, accountId: caller.accountId, amountMinor: quote.amountMinor },
        }),
        onDone: { target: 'confirm', actions: assign({ quote: ({ event }) => event.output }) },
        onError: { target: 'amount', actions: 'tell' },
      },
    },
    confirm: {
      meta: { text: 'pay.codeConfirm', values: quoted, input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'submitting' },
    },
    submitting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'submit',
        input: ({ context: { caller, quote }, event }) => ({
          ...{ customerId: caller.customerId, quoteId: quote.quoteId },
          ...secretOf(event),
        }),
        onDone: {
          target: 'sent',
          actions: assign({
            reference: ({ event }) => event.output.reference,
            code: ({ event }) => ({ ...noCode, until: event.output.until }),
          }),
        },
        onError: [pinAgain('confirm'), priceGone('amount'), ...notDone],
      },
    },
    sent: { type: 'final', meta: { tells: 'receipt', text: 'pay.codeSent', values: quoted } },
    held: {
      meta: {
        text: 'pay.codeHeld',
        values: ({ code, caller: { currency } }) => ({
          amount: money(code.amountMinor, currency),
          fee: money(code.feeMinor, currency),
          date: code.until,
        }),
        options: () => [{ no: 1, pick: 'cancel', text: 'withdraw.cancel' }],
        commits: true,
      },
      on: { PICK: 'cancelling' },
    },
    cancelling: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'cancel',
        input: ({ context: { caller, code }, event }) => ({
          ...{ customerId: caller.customerId, paymentId: code.paymentId, hopKey: event.hopKey },
        }),
        onDone: 'cancelled',
        // Told or over before: what moved then is not said here.
        onError: { target: 'unsure', actions: 'tell' },
      },
    },
    cancelled: { type: 'final', meta: { tells: 'outcome', text: 'withdraw.cancelled' } },
    ...moneyEnds,
  },
});
