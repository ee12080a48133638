import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  name,
  type Next,
  type Option,
  pinAgain,
  port,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/**
 * A merchant asks a buyer for money. Nothing moves: the buyer finds it under Pending, and pays or refuses. A buyer of another
 * provider may have a code instead, which is typed here (counter.ts).
 */
interface Context {
  caller: Caller;
  place: Place;
  /** Of whoever else sells by this phone; empty: whoever calls. */
  operatorNo: string;
  buyer: Buyer;
  amountMinor: string;
  note: string;
  invoiceId: string;
  /** The buyer tells a code of theirs. */
  byCode: boolean;
  next: Next;
}
export interface Place {
  readonly accountId: string;
  /** Whose code was asked for, and who waits. */
  readonly waiting?: AskedElsewhere;
  /** Whether others sell here by a number and PIN of their own. */
  readonly hasOperators: boolean;
}
/** What a merchant may know of a buyer: never the phone (R126). */
export interface Buyer {
  readonly customerId: string;
  readonly name: string;
  /** As the seller typed it, where the buyer is not here. */
  readonly userNumber: string;
  /** The other provider; empty: this one. */
  readonly provider: string;
}
/** A customer of another provider; the same as in counter.ts, where it leads to. */
export interface AskedElsewhere {
  readonly counterRequestId: string;
  readonly isSale: true;
  readonly number: string;
  readonly name: string;
  readonly provider: string;
  /** Minor units as a decimal string. */
  readonly amountMinor: string;
}
export interface NewInvoice {
  invoiceId: string;
  sellerId: string;
  accountId: string;
  operatorNo: string;
  pin: string;
  buyer: Buyer;
  amountMinor: string;
  note: string;
  hopKey: string;
}

const nowhere: Place = { accountId: '', hasOperators: false };
const nobody: Buyer = { customerId: '', name: '', userNumber: '', provider: '' };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `not_allowed`. */
    findPlace: port<{ customerId: string; accountId: string }, Place>(),
    /** Refusals: `not_allowed`, `payee_unknown`, `payee_self`, `scheme_away`. */
    lookupBuyer: port<{ sellerId: string; accountId: string; number: string }, Buyer>(),
    /** An id for what is about to be sent: sent twice, it is one invoice. */
    draft: port<object, { invoiceId: string }>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `operator_unknown`, `operator_limit`, `invoices_too_many`, … */
    issue: port<NewInvoice, void>(),
    /** The same; whether the buyer's provider wants the code. Refusals: as `issue`, `code_unknown_there`, `cash_refused`, `scheme_away`, … */
    askForCode: port<NewInvoice, { wanted: boolean }>(),
  },
  actions: { tell: emit(toldOf) },
});

function asked({ buyer, amountMinor, caller: { currency }, operatorNo }: Context) {
  return {
    name: name(buyer.name),
    userNumber: buyer.userNumber,
    provider: name(buyer.provider),
    amount: money(amountMinor, currency),
    number: operatorNo,
  };
}

const ways: readonly Option[] = [
  { no: 1, pick: 'phone', text: 'sell-goods.onPhone' },
  { no: 2, pick: 'code', text: 'sell-goods.byCode' },
];

function isElsewhere({ buyer }: Context): boolean {
  return buyer.provider !== '';
}

function orderOf({ caller, place, buyer, operatorNo, amountMinor, note, invoiceId }: Context) {
  return {
    ...{ invoiceId, sellerId: caller.customerId, accountId: place.accountId },
    ...{ operatorNo, buyer, amountMinor, note },
  };
}

function toCounter({ caller }: Context, asked: AskedElsewhere): Next {
  return { open: 'counter', input: { ...caller, asked } };
}

/** The code of this buyer is asked for. */
function asCounter(context: Context): Next {
  const { invoiceId: counterRequestId, buyer, amountMinor } = context;
  const { userNumber: number, name: called, provider } = buyer;
  return toCounter(context, { counterRequestId, isSale: true, number, name: called, provider, amountMinor });
}

/** Where the seller stands again, whose order was refused. */
const sellAgain = [
  pinAgain('confirmAs'),
  refusedTo('seller', 'operator_unknown'),
  refusedTo('amount', 'operator_limit'),
  { target: 'unavailable', actions: 'tell' },
] as const;

export const sellGoods = tree.createMachine({
  id: 'sell-goods',
  initial: 'arriving',
  context: ({ input }) => ({
    caller: input,
    place: nowhere,
    operatorNo: '',
    buyer: nobody,
    amountMinor: '0',
    note: '',
    invoiceId: '',
    byCode: false,
    next: { close: true },
  }),
  output: ({ context }) => context.next,
  states: {
    arriving: {
      tags: 'busy',
      invoke: {
        src: 'findPlace',
        input: ({ context: { caller } }) => ({ customerId: caller.customerId, accountId: caller.accountId }),
        onDone: [
          {
            guard: ({ event }) => event.output.hasOperators,
            target: 'seller',
            actions: assign({ place: ({ event }) => event.output }),
          },
          { target: 'buyer', actions: assign({ place: ({ event }) => event.output }) },
        ],
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    seller: {
      meta: {
        text: 'sell-goods.seller',
        options: () => [{ no: 1, pick: 'me', text: 'sell-goods.me' }],
        input: 'operatorNo',
      },
      on: {
        PICK: { target: 'buyer', actions: assign({ operatorNo: '' }) },
        ANSWER: { target: 'buyer', actions: assign({ operatorNo: ({ event }) => event.value }) },
      },
    },
    buyer: {
      meta: {
        text: 'sell-goods.buyer',
        options: ({ place: { waiting }, caller: { currency } }) =>
          waiting
            ? [
                {
                  ...{ no: 1, pick: 'waiting', text: 'cash-out-code.waiting' },
                  values: { name: name(waiting.name), amount: money(waiting.amountMinor, currency) },
                },
              ]
            : [],
        input: 'person',
      },
      on: {
        PICK: {
          target: 'leaving',
          actions: assign({
            next: ({ context }) => (context.place.waiting ? toCounter(context, context.place.waiting) : context.next),
          }),
        },
        ANSWER: {
          target: 'lookingUp',
          actions: assign({ buyer: ({ event }) => ({ ...nobody, userNumber: event.value }) }),
        },
      },
    },
    lookingUp: {
      tags: 'busy',
      invoke: {
        src: 'lookupBuyer',
        input: ({ context: { caller, place, buyer } }) => ({
          sellerId: caller.customerId,
          accountId: place.accountId,
          number: buyer.userNumber,
        }),
        onDone: { target: 'amount', actions: assign({ buyer: ({ event }) => event.output }) },
        onError: { target: 'buyer', actions: 'tell' },
      },
    },
    amount: {
      meta: {
        text: ({ buyer }) => (buyer.provider === '' ? 'sell-goods.amount' : 'sell-goods.amountElsewhere'),
        values: (context) => ({ ...asked(context), currency: context.caller.currency }),
        input: 'amount',
      },
      on: { ANSWER: { target: 'note', actions: assign({ amountMinor: ({ event }) => event.value }) } },
    },
    note: {
      meta: {
        text: 'sell-goods.note',
        options: () => [{ no: 1, pick: 'none', text: 'sell-goods.noNote' }],
        input: 'note',
      },
      on: {
        PICK: { target: 'drafting', actions: assign({ note: '' }) },
        ANSWER: { target: 'drafting', actions: assign({ note: ({ event }) => event.value }) },
      },
    },
    drafting: {
      tags: 'busy',
      invoke: {
        src: 'draft',
        input: () => ({}),
        onDone: [
          {
            guard: ({ context }) => context.operatorNo !== '' && isElsewhere(context),
            target: 'how',
            actions: assign({ invoiceId: ({ event }) => event.output.invoiceId }),
          },
          {
            guard: ({ context }) => context.operatorNo !== '',
            target: 'confirmAs',
            actions: assign({ invoiceId: ({ event }) => event.output.invoiceId }),
          },
          { target: 'confirm', actions: assign({ invoiceId: ({ event }) => event.output.invoiceId }) },
        ],
        onError: { target: 'note', actions: 'tell' },
      },
    },
    confirm: {
      meta: {
        text: 'sell-goods.confirm',
        values: asked,
        options: (context) => [
          { no: 1, pick: 'send', text: 'sell-goods.send' },
          ...ways.filter(({ pick }) => pick === 'code' && isElsewhere(context)),
        ],
        commits: true,
      },
      on: { PICK: [{ guard: ({ event }) => event.option === 'code', target: 'asking' }, { target: 'sending' }] },
    },
    how: {
      meta: { text: 'sell-goods.how', values: asked, options: () => ways },
      on: { PICK: { target: 'confirmAs', actions: assign({ byCode: ({ event }) => event.option === 'code' }) } },
    },
    confirmAs: {
      meta: { text: 'sell-goods.confirmAs', values: asked, input: 'pin', secret: true, commits: true },
      on: { ANSWER: [{ guard: ({ context }) => context.byCode, target: 'asking' }, { target: 'sending' }] },
    },
    sending: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'issue',
        input: ({ context, event }) => ({ ...orderOf(context), ...secretOf(event) }),
        onDone: 'sent',
        onError: [...sellAgain],
      },
    },
    asking: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'askForCode',
        input: ({ context, event }) => ({ ...orderOf(context), ...secretOf(event) }),
        onDone: [
          {
            guard: ({ event }) => event.output.wanted,
            target: 'leaving',
            actions: assign({ next: ({ context }) => asCounter(context) }),
          },
          { target: 'unasked' },
        ],
        onError: [...sellAgain],
      },
    },
    leaving: { type: 'final' },
    // The code is asked for by SMS, and typed in the next call.
    unasked: { type: 'final', meta: { text: 'counter.unasked', values: asked } },
    sent: { type: 'final', meta: { tells: 'outcome', text: 'sell-goods.sent', values: asked } },
    unavailable: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
  },
});
