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
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/** Money from the caller to somebody here or at another provider. What it costs stands beside the PIN; nothing moves before it. */
interface Context {
  caller: Caller;
  recent: readonly Payee[];
  /** What names somebody elsewhere, before it was said whether it is an e-mail address or an account (R221). */
  identifier: string;
  payee: Payee;
  quote: Quote;
  reference: string;
}
export interface Payee {
  /** A phone number (E.164), a user number, or the URI of somebody elsewhere, such as `mailto:bob@dfsp1.com`. */
  readonly number: string;
  readonly name: string;
  /** The other provider; empty: this one. */
  readonly provider: string;
}
export interface Quote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  readonly totalMinor: string;
  /** What the payee gets, and what it costs to get it there: both differ where the payee's provider takes a fee as well. */
  readonly arrivesMinor: string;
  readonly feesMinor: string;
}

/** `underway`: the other provider has not said yet. */
interface Sent {
  readonly reference: string;
  readonly underway: boolean;
}

const nobody: Payee = { number: '', name: '', provider: '' };
const noQuote: Quote = {
  quoteId: '',
  amountMinor: '0',
  feeMinor: '0',
  totalMinor: '0',
  arrivesMinor: '0',
  feesMinor: '0',
};

/** No word of a screen is longer than this: of what is, both ends tell more than the beginning alone. */
const wordMax = 32;

function shortened(identifier: string): string {
  const [begin, end] = [identifier.slice(0, 14), identifier.slice(-15)];
  return identifier.length > wordMax ? `${begin}...${end}` : identifier;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    recentPayees: port<{ customerId: string }, Payee[]>(),
    /** Refusals: `payee_unknown`, `identifier_unknown`, `payee_self`, `scheme_away`. */
    lookupPayee: port<{ customerId: string; accountId: string; number: string }, Payee>(),
    /** Refusals: `funds_insufficient`, `payee_refused`, `not_allowed`, … */
    quote: port<
      { customerId: string; accountId: string; number: string; provider: string; amountMinor: string },
      Quote
    >(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `funds_insufficient`, `not_delivered`, … */
    submit: port<{ customerId: string; quoteId: string; pin: string; hopKey: string }, Sent>(),
  },
  actions: {
    tell: emit(toldOf),
    tellInvalid: emit({ type: 'problem', text: 'kit.personInvalid' }),
  },
});

export const sendMoney = tree.createMachine({
  id: 'send-money',
  initial: 'remembering',
  context: ({ input }) => ({ caller: input, recent: [], identifier: '', payee: nobody, quote: noQuote, reference: '' }),
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
        text: ({ recent, caller: { hasPeers } }) => {
          if (recent.length > 0) return hasPeers ? 'send-money.payeeRecentAnywhere' : 'send-money.payeeRecent';
          return hasPeers ? 'send-money.payeeAnywhere' : 'send-money.payee';
        },
        options: ({ recent }) =>
          recent.map((payee, index) => ({
            no: index + 1,
            pick: payee.number,
            text: 'send-money.recent',
            values: { name: name(payee.name) },
          })),
        input: 'payee',
      },
      on: {
        PICK: { target: 'lookingUp', actions: assign({ payee: ({ event }) => ({ ...nobody, number: event.option }) }) },
        ANSWER: [
          {
            guard: ({ event }) => !event.value.includes('@'),
            target: 'lookingUp',
            actions: assign({ payee: ({ event }) => ({ ...nobody, number: event.value }) }),
          },
          {
            guard: ({ context }) => context.caller.hasPeers,
            target: 'kind',
            actions: assign({ identifier: ({ event }) => event.value }),
          },
          { target: 'payee', actions: 'tellInvalid' },
        ],
      },
    },
    kind: {
      meta: {
        text: 'send-money.kind',
        values: ({ identifier }) => ({ identifier: shortened(identifier) }),
        options: () => [
          { no: 1, pick: 'mailto', text: 'send-money.email' },
          { no: 2, pick: 'acct', text: 'send-money.account' },
        ],
      },
      on: {
        PICK: {
          target: 'lookingUp',
          actions: assign({
            payee: ({ context, event }) => ({ ...nobody, number: `${event.option}:${context.identifier}` }),
          }),
        },
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
        onError: [refusedTo('kind', 'identifier_unknown'), { target: 'payee', actions: 'tell' }],
      },
    },
    amount: {
      meta: {
        text: ({ payee }) => (payee.provider === '' ? 'send-money.amount' : 'send-money.amountElsewhere'),
        values: ({ payee, caller }) => ({
          name: name(payee.name),
          provider: name(payee.provider),
          currency: caller.currency,
        }),
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
          provider: payee.provider,
          amountMinor: quote.amountMinor,
        }),
        onDone: { target: 'confirm', actions: assign({ quote: ({ event }) => event.output }) },
        onError: { target: 'amount', actions: 'tell' },
      },
    },
    confirm: {
      meta: {
        text: ({ quote }) =>
          quote.arrivesMinor === quote.amountMinor ? 'send-money.confirm' : 'send-money.confirmArrives',
        values: ({ payee, quote, caller: { currency } }) => ({
          name: name(payee.name),
          amount: money(quote.amountMinor, currency),
          fee: money(quote.feesMinor, currency),
          total: money(quote.totalMinor, currency),
          arrives: money(quote.arrivesMinor, currency),
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
        onDone: [
          {
            guard: ({ event }) => event.output.underway,
            target: 'underway',
            actions: assign({ reference: ({ event }) => event.output.reference }),
          },
          { target: 'sent', actions: assign({ reference: ({ event }) => event.output.reference }) },
        ],
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
    // What becomes of it is told by SMS, and by the next call.
    underway: {
      type: 'final',
      meta: {
        text: 'send-money.underway',
        values: ({ payee, quote, reference, caller: { currency } }) => ({
          name: name(payee.name),
          amount: money(quote.amountMinor, currency),
          reference,
        }),
      },
    },
    ...moneyEnds,
  },
});
