import { assign, emit, setup } from 'xstate';
import { money, name, port, refusedFor, secretOf, toldOf, type Caller, treeTypes } from '../src/ussd/screen';

/** An agent asks a customer to approve a cash-out. The money is held at once and moves when the customer approves. */
interface Context {
  caller: Caller;
  customer: Customer;
  quote: CashOutQuote;
  reference: string;
}
interface Customer {
  /** A phone number (E.164) or a user number. */
  readonly number: string;
  readonly name: string;
}
export interface CashOutQuote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
}

const noQuote: CashOutQuote = { quoteId: '', amountMinor: '0', feeMinor: '0' };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `payee_unknown`, `payee_self`, `not_allowed`. */
    lookupCustomer: port<{ customerId: string; accountId: string; number: string }, Customer>(),
    /** Refusals: `customer_cannot_pay`, `request_open`, `not_allowed`, … */
    quote: port<{ customerId: string; accountId: string; number: string; amountMinor: string }, CashOutQuote>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `customer_cannot_pay`, … */
    request: port<{ customerId: string; quoteId: string; pin: string; hopKey: string }, { reference: string }>(),
  },
  actions: { tell: emit(toldOf) },
});

export const cashOut = tree.createMachine({
  id: 'cash-out',
  initial: 'customer',
  context: ({ input }) => ({ caller: input, customer: { number: '', name: '' }, quote: noQuote, reference: '' }),
  states: {
    customer: {
      meta: { text: 'cash-out.customer', input: 'person' },
      on: {
        ANSWER: {
          target: 'lookingUp',
          actions: assign({ customer: ({ event }) => ({ number: event.value, name: '' }) }),
        },
      },
    },
    lookingUp: {
      tags: 'busy',
      invoke: {
        src: 'lookupCustomer',
        input: ({ context }) => ({
          customerId: context.caller.customerId,
          accountId: context.caller.accountId,
          number: context.customer.number,
        }),
        onDone: { target: 'amount', actions: assign({ customer: ({ event }) => event.output }) },
        onError: { target: 'customer', actions: 'tell' },
      },
    },
    amount: {
      meta: {
        text: 'cash-out.amount',
        values: ({ customer, caller }) => ({ name: name(customer.name), currency: caller.currency }),
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
        input: ({ context: { caller, customer, quote } }) => ({
          customerId: caller.customerId,
          accountId: caller.accountId,
          number: customer.number,
          amountMinor: quote.amountMinor,
        }),
        onDone: { target: 'confirm', actions: assign({ quote: ({ event }) => event.output }) },
        onError: { target: 'amount', actions: 'tell' },
      },
    },
    confirm: {
      meta: {
        text: 'cash-out.confirm',
        values: ({ customer, quote, caller: { currency } }) => ({
          name: name(customer.name),
          amount: money(quote.amountMinor, currency),
          fee: money(quote.feeMinor, currency),
        }),
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'requesting' },
    },
    requesting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'request',
        input: ({ context: { caller, quote }, event }) => ({
          customerId: caller.customerId,
          quoteId: quote.quoteId,
          ...secretOf(event),
        }),
        onDone: { target: 'requested', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [
          { guard: ({ event }) => refusedFor(event, 'pin_wrong', 'pin_busy'), target: 'confirm', actions: 'tell' },
          {
            guard: ({ event }) => refusedFor(event, 'quote_expired', 'quote_unknown'),
            target: 'amount',
            actions: 'tell',
          },
          { guard: ({ event }) => refusedFor(event), target: 'refused', actions: 'tell' },
          { target: 'unsure', actions: 'tell' },
        ],
      },
    },
    requested: {
      type: 'final',
      meta: {
        tells: 'outcome',
        text: 'cash-out.requested',
        values: ({ customer, quote, reference, caller: { currency } }) => ({
          name: name(customer.name),
          amount: money(quote.amountMinor, currency),
          reference,
        }),
      },
    },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.noMoneyMoved' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
