import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  moneyEnds,
  name,
  notDone,
  pinAgain,
  port,
  priceGone,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/** Money from the caller to another customer. What it costs stands beside the PIN; nothing moves before it. */
interface Context {
  caller: Caller;
  recent: readonly Payee[];
  payee: Payee;
  quote: Quote;
  reference: string;
}
export interface Payee {
  /** A phone number (E.164) or a user number. */
  readonly number: string;
  readonly name: string;
}
export interface Quote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  readonly totalMinor: string;
}

const nobody: Payee = { number: '', name: '' };
const noQuote: Quote = { quoteId: '', amountMinor: '0', feeMinor: '0', totalMinor: '0' };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    recentPayees: port<{ customerId: string }, Payee[]>(),
    /** Refusals: `payee_unknown`, `payee_self`. */
    lookupPayee: port<{ customerId: string; accountId: string; number: string }, Payee>(),
    /** Refusals: `funds_insufficient`, `payee_refused`, `not_allowed`, … */
    quote: port<{ customerId: string; accountId: string; number: string; amountMinor: string }, Quote>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `funds_insufficient`, … */
    submit: port<{ customerId: string; quoteId: string; pin: string; hopKey: string }, { reference: string }>(),
  },
  actions: { tell: emit(toldOf) },
});

export const sendMoney = tree.createMachine({
  id: 'send-money',
  initial: 'remembering',
  context: ({ input }) => ({ caller: input, recent: [], payee: nobody, quote: noQuote, reference: '' }),
  states: {
    remembering: {
      tags: 'busy',
      invoke: {
        src: 'recentPayees',
        input: ({ context }) => ({ customerId: context.caller.customerId }),
        onDone: { target: 'payee', actions: assign({ recent: ({ event }) => event.output }) },
        onError: { target: 'payee' }, // the number can be typed
      },
    },
    payee: {
      meta: {
        text: ({ recent }) => (recent.length > 0 ? 'send-money.payeeRecent' : 'send-money.payee'),
        options: ({ recent }) =>
          recent.map((payee, index) => ({
            no: index + 1,
            pick: payee.number,
            text: 'send-money.recent',
            values: { name: name(payee.name) },
          })),
        input: 'person',
      },
      on: {
        PICK: { target: 'lookingUp', actions: assign({ payee: ({ event }) => ({ number: event.option, name: '' }) }) },
        ANSWER: { target: 'lookingUp', actions: assign({ payee: ({ event }) => ({ number: event.value, name: '' }) }) },
      },
    },
    lookingUp: {
      tags: 'busy',
      invoke: {
        src: 'lookupPayee',
        input: ({ context }) => ({
          customerId: context.caller.customerId,
          accountId: context.caller.accountId,
          number: context.payee.number,
        }),
        onDone: { target: 'amount', actions: assign({ payee: ({ event }) => event.output }) },
        onError: { target: 'payee', actions: 'tell' },
      },
    },
    amount: {
      meta: {
        text: 'send-money.amount',
        values: ({ payee, caller }) => ({ name: name(payee.name), currency: caller.currency }),
        input: 'amount',
      },
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
        input: ({ context: { caller, payee, quote } }) => ({
          customerId: caller.customerId,
          accountId: caller.accountId,
          number: payee.number,
          amountMinor: quote.amountMinor,
        }),
        onDone: { target: 'confirm', actions: assign({ quote: ({ event }) => event.output }) },
        onError: { target: 'amount', actions: 'tell' },
      },
    },
    confirm: {
      meta: {
        text: 'send-money.confirm',
        values: ({ payee, quote, caller: { currency } }) => ({
          name: name(payee.name),
          amount: money(quote.amountMinor, currency),
          fee: money(quote.feeMinor, currency),
          total: money(quote.totalMinor, currency),
        }),
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'submitting' },
    },
    submitting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'submit',
        input: ({ context: { caller, quote }, event }) => ({
          customerId: caller.customerId,
          quoteId: quote.quoteId,
          ...secretOf(event),
        }),
        onDone: { target: 'sent', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [pinAgain('confirm'), priceGone('amount'), ...notDone],
      },
    },
    sent: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'send-money.sent',
        values: ({ payee, quote, reference, caller: { currency } }) => ({
          name: name(payee.name),
          amount: money(quote.amountMinor, currency),
          fee: money(quote.feeMinor, currency),
          reference,
        }),
      },
    },
    ...moneyEnds,
  },
});
