import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  name,
  notDone,
  pinAgain,
  port,
  priceGone,
  refusedFor,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/**
 * Paying a shop by the number on its wall (a till, or the merchant's own user or phone number), or a code: who it is, how
 * much, PIN. The shop may be one of another provider; there they may also pay by a code that they get here (shop-code.ts).
 * `*384*123*3*<till>*<amount>#` leads to the PIN in one dial.
 */
interface Context {
  caller: Caller;
  wantsCode: boolean;
  target: Target;
  amountMinor: string;
  note: string;
  quote: Quote;
  reference: string;
}
export interface Target {
  /** As it was dialled. */
  readonly number: string;
  readonly name: string;
  /** The other provider; empty: this one. */
  readonly provider: string;
  /** An invoice says how much, and what for. */
  readonly invoice?: { readonly invoiceId: string; readonly amountMinor: string; readonly note: string };
}
export interface Quote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  readonly totalMinor: string;
}

/** `underway`: the other provider has not said yet. */
interface Submitted {
  readonly reference: string;
  readonly underway: boolean;
}

const nowhere: Target = { number: '', name: '', provider: '' };
const noQuote: Quote = { quoteId: '', amountMinor: '0', feeMinor: '0', totalMinor: '0' };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `payee_unknown`, `invoice_gone`, `scheme_away`. */
    find: port<{ customerId: string; number: string }, Target>(),
    /** Refusals: `payee_unknown`, `payee_self`, `not_signatory`, `invoice_gone`, … */
    quote: port<{ customerId: string; accountId: string; target: Target; amountMinor: string; note: string }, Quote>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `funds_insufficient`, `invoice_gone`, `not_delivered`, … */
    submit: port<{ customerId: string; quoteId: string; pin: string; hopKey: string }, Submitted>(),
  },
  actions: { tell: emit(toldOf) },
});

function shown({ target, quote, reference, caller: { currency } }: Context) {
  return {
    name: name(target.name),
    amount: money(quote.amountMinor, currency),
    fee: money(quote.feeMinor, currency),
    total: money(quote.totalMinor, currency),
    note: name(target.invoice?.note ?? ''),
    reference,
  };
}

const isHere = ({ target }: Context): boolean => target.provider === '';

export const pay = tree.createMachine({
  id: 'pay',
  initial: 'number',
  context: ({ input }) => ({
    caller: input,
    wantsCode: false,
    target: nowhere,
    amountMinor: '0',
    note: '',
    quote: noQuote,
    reference: '',
  }),
  output: ({ context: { wantsCode, caller } }) => (wantsCode ? { open: 'shop-code', input: caller } : { close: true }),
  states: {
    number: {
      meta: {
        text: 'pay.number',
        options: ({ caller }) => (caller.hasPeers ? [{ no: 1, pick: 'code', text: 'pay.getCode' }] : []),
        input: 'shopNumber',
      },
      on: {
        PICK: { target: 'leaving', actions: assign({ wantsCode: true }) },
        ANSWER: {
          target: 'finding',
          actions: assign({ target: ({ event }) => ({ ...nowhere, number: event.value }), note: '' }),
        },
      },
    },
    finding: {
      tags: 'busy',
      invoke: {
        src: 'find',
        input: ({ context: { caller, target } }) => ({ customerId: caller.customerId, number: target.number }),
        onDone: [
          {
            guard: ({ event }) => event.output.invoice !== undefined,
            target: 'quoting',
            actions: assign({
              target: ({ event }) => event.output,
              amountMinor: ({ event }) => event.output.invoice?.amountMinor ?? '0',
            }),
          },
          { target: 'amount', actions: assign({ target: ({ event }) => event.output }) },
        ],
        onError: { target: 'number', actions: 'tell' },
      },
    },
    amount: {
      meta: {
        text: (context) => (isHere(context) ? 'pay.amount' : 'pay.amountElsewhere'),
        values: ({ target, caller }) => ({
          name: name(target.name),
          provider: name(target.provider),
          currency: caller.currency,
        }),
        input: 'amount',
      },
      on: { ANSWER: { target: 'quoting', actions: assign({ amountMinor: ({ event }) => event.value }) } },
    },
    quoting: {
      tags: 'busy',
      invoke: {
        src: 'quote',
        input: ({ context: { caller, target, amountMinor, note } }) => ({
          customerId: caller.customerId,
          accountId: caller.accountId,
          target,
          amountMinor,
          note,
        }),
        onDone: [
          {
            guard: ({ context }) => context.target.invoice !== undefined,
            target: 'confirmBill',
            actions: assign({ quote: ({ event }) => event.output }),
          },
          { target: 'confirm', actions: assign({ quote: ({ event }) => event.output }) },
        ],
        onError: [
          { guard: ({ context }) => context.target.invoice !== undefined, target: 'number', actions: 'tell' },
          { target: 'amount', actions: 'tell' },
        ],
      },
    },
    confirm: {
      meta: {
        text: (context) => (isHere(context) ? 'pay.confirm' : 'pay.confirmElsewhere'),
        values: shown,
        options: (context) => (isHere(context) ? [{ no: 1, pick: 'note', text: 'pay.addNote' }] : []),
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'submitting', PICK: 'note' },
    },
    note: {
      meta: { text: 'pay.note', values: shown, input: 'note' },
      on: { ANSWER: { target: 'quoting', actions: assign({ note: ({ event }) => event.value }) } },
    },
    confirmBill: {
      meta: { text: 'pay.confirmBill', values: shown, input: 'pin', secret: true, commits: true },
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
          { target: 'paid', actions: assign({ reference: ({ event }) => event.output.reference }) },
        ],
        onError: [
          {
            guard: ({ context, event }) =>
              refusedFor(event, 'pin_wrong', 'pin_busy') && context.target.invoice !== undefined,
            target: 'confirmBill',
            actions: 'tell',
          },
          pinAgain('confirm'),
          priceGone('number'),
          refusedTo('gone', 'invoice_gone', 'request_gone'),
          ...notDone,
        ],
      },
    },
    paid: { type: 'final', meta: { tells: 'receipt', text: 'pay.paid', values: shown } },
    // What becomes of it is told by SMS, and by the next call.
    underway: { type: 'final', meta: { text: 'pay.underway', values: shown } },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.noMoneyMoved' } },
    // Somebody paid it, or it was taken back: what moved then is not said here.
    gone: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
    leaving: { type: 'final' },
  },
});
