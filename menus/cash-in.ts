import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  idScreens,
  money,
  moneyEnds,
  name,
  notDone,
  pickedOf,
  pinAgain,
  port,
  priceGone,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
  typedOf,
} from '../src/ussd/screen';

/**
 * An agent takes cash and puts the same amount into a customer's account, from the agent's float. Where the market wants
 * it, the agent types the end of the customer's ID, and a code that the customer was sent and tells.
 */
interface Context {
  caller: Caller;
  customer: Customer;
  quote: CashInQuote;
  idType: string;
  reference: string;
}
interface Customer {
  /** A user number or a phone number. */
  readonly number: string;
  readonly name: string;
}
export interface CashInQuote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly commissionMinor: string;
  /** What the market wants to be shown first. */
  readonly asksId: boolean;
  readonly asksCode: boolean;
}

const noQuote: CashInQuote = {
  ...{ quoteId: '', amountMinor: '0', commissionMinor: '0', asksId: false, asksCode: false },
};

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
    /** Refusals: `funds_insufficient`, `payee_refused`, `not_allowed`, … */
    quote: port<Lookup & { amountMinor: string }, CashInQuote>(),
    /** Refusals: `id_mismatch`, `not_allowed`. */
    noteId: port<{ customerId: string; paymentId: string; idType: string; digits: string }, void>(),
    sendCode: port<{ customerId: string; quoteId: string }, void>(),
    /** Refusals: `code_wrong`, `code_unknown`, `code_spent`. */
    proveCode: port<{ customerId: string; quoteId: string; code: string; hopKey: string }, void>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `funds_insufficient`, `code_needed`, … */
    submit: port<{ customerId: string; quoteId: string; pin: string; hopKey: string }, { reference: string }>(),
  },
  actions: { tell: emit(toldOf), keepIdType: assign({ idType: ({ event }) => pickedOf(event) }) },
});

function lookupOf({ caller: { customerId, accountId }, customer: { number } }: Context): Lookup {
  return { customerId, accountId, number };
}

function confirmValues({ customer, quote, caller: { currency } }: Context) {
  return { name: name(customer.name), amount: money(quote.amountMinor, currency) };
}

export const cashIn = tree.createMachine({
  id: 'cash-in',
  initial: 'customer',
  context: ({ input }) => ({
    ...{ caller: input, customer: { number: '', name: '' }, quote: noQuote, idType: '', reference: '' },
  }),
  states: {
    customer: {
      meta: { text: 'cash-in.customer', input: 'person' },
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
        input: ({ context }) => lookupOf(context),
        onDone: { target: 'amount', actions: assign({ customer: ({ event }) => event.output }) },
        onError: { target: 'customer', actions: 'tell' },
      },
    },
    amount: {
      meta: {
        text: 'cash-in.amount',
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
          {
            guard: ({ event }) => event.output.asksCode,
            target: 'askCode',
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
        onDone: [{ guard: ({ context }) => context.quote.asksCode, target: 'askCode' }, { target: 'confirm' }],
        onError: { target: 'idType', actions: 'tell' },
      },
    },
    askCode: {
      meta: {
        text: 'cash-in.askCode',
        values: confirmValues,
        options: () => [{ no: 1, pick: 'send', text: 'cash-in.sendCode' }],
        commits: true,
      },
      on: { PICK: 'sendingCode' },
    },
    sendingCode: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'sendCode',
        input: ({ context: { caller, quote } }) => ({ customerId: caller.customerId, quoteId: quote.quoteId }),
        onDone: 'code',
        onError: [refusedTo('amount'), { target: 'unsure', actions: 'tell' }],
      },
    },
    code: {
      meta: {
        text: 'cash-in.code',
        values: ({ customer }) => ({ name: name(customer.name) }),
        input: 'code',
        commits: true,
      },
      on: { ANSWER: 'provingCode' },
    },
    provingCode: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'proveCode',
        input: ({ context: { caller, quote }, event }) => ({
          customerId: caller.customerId,
          quoteId: quote.quoteId,
          code: typedOf(event),
          hopKey: event.hopKey,
        }),
        onDone: 'confirm',
        onError: [refusedTo('code', 'code_wrong'), ...notDone],
      },
    },
    confirm: {
      meta: { text: 'cash-in.confirm', values: confirmValues, input: 'pin', secret: true, commits: true },
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
        onDone: { target: 'done', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [pinAgain('confirm'), priceGone('amount'), ...notDone],
      },
    },
    done: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'cash-in.done',
        values: ({ customer, quote, reference, caller: { currency } }) => ({
          name: name(customer.name),
          amount: money(quote.amountMinor, currency),
          commission: money(quote.commissionMinor, currency),
          reference,
        }),
      },
    },
    ...moneyEnds,
  },
});
