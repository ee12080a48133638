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

/** Money from the account that the caller works with to another of their own: free of charge and of limits. */
interface Context {
  caller: Caller;
  targets: readonly Target[];
  to: Target;
  quote: OwnQuote;
  reference: string;
}
export interface Target {
  readonly accountId: string;
  readonly name: string;
}
export interface OwnQuote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
}

const nowhere: Target = { accountId: '', name: '' };
const noQuote: OwnQuote = { quoteId: '', amountMinor: '0', feeMinor: '0' };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** The caller's own other accounts, the oldest first. */
    listTargets: port<{ customerId: string; accountId: string }, Target[]>(),
    /** Refusals: `funds_insufficient`, `not_allowed`, `not_signatory`, … */
    quote: port<{ customerId: string; accountId: string; toAccountId: string; amountMinor: string }, OwnQuote>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `funds_insufficient`, … */
    submit: port<{ customerId: string; quoteId: string; pin: string; hopKey: string }, { reference: string }>(),
  },
  actions: { tell: emit(toldOf) },
});

export const moveMoney = tree.createMachine({
  id: 'move-money',
  initial: 'listing',
  context: ({ input }) => ({ caller: input, targets: [], to: nowhere, quote: noQuote, reference: '' }),
  states: {
    listing: {
      tags: 'busy',
      invoke: {
        src: 'listTargets',
        input: ({ context: { caller } }) => ({ customerId: caller.customerId, accountId: caller.accountId }),
        onDone: { target: 'list', actions: assign({ targets: ({ event }) => event.output }) },
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    list: {
      meta: {
        text: ({ targets }) => (targets.length > 0 ? 'move-money.list' : 'move-money.none'),
        options: ({ targets }) =>
          targets.map((target, index) => ({
            no: index + 1,
            pick: target.accountId,
            text: 'move-money.item',
            values: { account: name(target.name) },
          })),
      },
      on: {
        PICK: {
          target: 'amount',
          actions: assign({
            to: ({ context, event }) => context.targets.find(({ accountId }) => accountId === event.option) ?? nowhere,
          }),
        },
      },
    },
    amount: {
      meta: {
        text: 'move-money.amount',
        values: ({ to, caller: { currency } }) => ({ account: name(to.name), currency }),
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
        input: ({ context: { caller, to, quote } }) => ({
          customerId: caller.customerId,
          accountId: caller.accountId,
          toAccountId: to.accountId,
          amountMinor: quote.amountMinor,
        }),
        onDone: { target: 'confirm', actions: assign({ quote: ({ event }) => event.output }) },
        onError: { target: 'amount', actions: 'tell' },
      },
    },
    confirm: {
      meta: {
        text: 'move-money.confirm',
        values: ({ to, quote, caller }) => ({
          from: name(caller.accountName),
          account: name(to.name),
          amount: money(quote.amountMinor, caller.currency),
          fee: money(quote.feeMinor, caller.currency),
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
        onDone: { target: 'done', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [pinAgain('confirm'), priceGone('amount'), ...notDone],
      },
    },
    done: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'move-money.done',
        values: ({ to, quote, reference, caller: { currency } }) => ({
          account: name(to.name),
          amount: money(quote.amountMinor, currency),
          reference,
        }),
      },
    },
    ...moneyEnds,
    unavailable: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
