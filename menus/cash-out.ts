import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  idScreens,
  money,
  moneyEnds,
  name,
  type Next,
  notDone,
  pickedOf,
  pinAgain,
  port,
  priceGone,
  secretOf,
  toldOf,
  treeTypes,
  typedOf,
} from '../src/ussd/screen';

/**
 * An agent gives a customer cash: asks them to approve, which holds the money at once and moves it when they do; or takes
 * the code that a customer has (cash-out-code.ts).
 */
interface Context {
  caller: Caller;
  customer: Customer;
  quote: CashOutQuote;
  idType: string;
  reference: string;
  next: Next;
}
interface Customer {
  /** A user number or a phone number. */
  readonly number: string;
  readonly name: string;
}
export interface CashOutQuote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  /** Whether the market wants an ID to be looked at first. */
  readonly asksId: boolean;
}

const noQuote: CashOutQuote = { quoteId: '', amountMinor: '0', feeMinor: '0', asksId: false };

interface Lookup {
  customerId: string;
  accountId: string;
  number: string;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `payee_unknown`, `payee_self`, `not_allowed`. */
    lookupCustomer: port<Lookup, Customer>(),
    /** Refusals: `customer_cannot_pay`, `request_open`, `not_allowed`, … */
    quote: port<Lookup & { amountMinor: string }, CashOutQuote>(),
    /** Refusals: `id_mismatch`, `not_allowed`. */
    noteId: port<{ customerId: string; paymentId: string; idType: string; digits: string }, void>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `customer_cannot_pay`, … */
    request: port<{ customerId: string; quoteId: string; pin: string; hopKey: string }, { reference: string }>(),
  },
  actions: { tell: emit(toldOf), keepIdType: assign({ idType: ({ event }) => pickedOf(event) }) },
});

function lookupOf({ caller: { customerId, accountId }, customer: { number } }: Context): Lookup {
  return { customerId, accountId, number };
}

export const cashOut = tree.createMachine({
  id: 'cash-out',
  initial: 'customer',
  context: ({ input }) => ({
    ...{ caller: input, customer: { number: '', name: '' }, quote: noQuote, idType: '', reference: '' },
    next: { close: true },
  }),
  output: ({ context }) => context.next,
  states: {
    customer: {
      meta: {
        text: 'cash-out.customer',
        options: () => [{ no: 1, pick: 'code', text: 'cash-out.code' }],
        input: 'person',
      },
      on: {
        PICK: {
          target: 'leaving',
          actions: assign({ next: ({ context }) => ({ open: 'cash-out-code', input: { ...context.caller } }) }),
        },
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
        input: ({ context }) => lookupOf(context),
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
        input: ({ context }) => ({ ...lookupOf(context), amountMinor: context.quote.amountMinor }),
        onDone: [
          {
            guard: ({ event }) => event.output.asksId,
            target: 'idType',
            actions: assign({ quote: ({ event }) => event.output }),
          },
          { target: 'confirm', actions: assign({ quote: ({ event }) => event.output }) },
        ],
        onError: { target: 'amount', actions: 'tell' },
      },
    },
    ...idScreens<Context>(({ customer }) => customer.name),
    // Noting it again changes nothing, so late work needs no parking.
    notingId: {
      tags: 'busy',
      invoke: {
        src: 'noteId',
        input: ({ context: { caller, quote, idType }, event }) => ({
          customerId: caller.customerId,
          paymentId: quote.quoteId,
          idType,
          digits: typedOf(event),
        }),
        onDone: 'confirm',
        onError: { target: 'idType', actions: 'tell' },
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
        onError: [pinAgain('confirm'), priceGone('amount'), ...notDone],
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
    leaving: { type: 'final' },
    ...moneyEnds,
  },
});
