import { assign, emit, setup } from 'xstate';
import { type Caller, money, name, port, refusedTo, type TextKey, toldOf, treeTypes } from '../src/ussd/screen';

/** What a merchant sent: to buyers, and as codes that buyers dial. Each can be taken back while it is open. */
interface Context {
  caller: Caller;
  accountId: string;
  kind: Kind;
  sent: readonly Sent[];
  chosen: string;
  code: NewCode;
}
type Kind = 'standard' | 'codes';
export interface Sent {
  readonly invoiceId: string;
  /** `underway`: the buyer pays it from another provider, and that is not decided. */
  readonly state: 'pending' | 'underway' | 'paid' | 'rejected' | 'cancelled' | 'expired';
  /** Of a code: what buyers dial. Empty for an invoice to one buyer. */
  readonly dial: string;
  /** Once, or again and again. */
  readonly isProduct: boolean;
  /** The buyer's; the buyer's phone is not the merchant's to see (R126). */
  readonly name: string;
  readonly userNumber: string;
  readonly note: string;
  /** Minor units as a decimal string. */
  readonly amountMinor: string;
}
export interface NewCode {
  readonly invoiceId: string;
  readonly note: string;
  readonly amountMinor: string;
  readonly type: 'pending' | 'product';
  readonly dial: string;
}

const nothing: Sent = {
  ...{ invoiceId: '', state: 'pending', dial: '', isProduct: false },
  ...{ name: '', userNumber: '', note: '', amountMinor: '0' },
};
const noCode: NewCode = { invoiceId: '', note: '', amountMinor: '0', type: 'product', dial: '' };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `not_allowed`. */
    findPlace: port<{ customerId: string; accountId: string }, { accountId: string }>(),
    /** The open ones first. Refusals: `not_allowed`. */
    listSent: port<{ customerId: string; accountId: string; kind: Kind }, Sent[]>(),
    /** Refusals: `invoice_gone`, `not_allowed`. */
    cancel: port<{ customerId: string; invoiceId: string; hopKey: string }, void>(),
    /** An id for what is about to be made: made twice, it is one code. */
    draft: port<object, { invoiceId: string }>(),
    /** Refusals: `not_allowed`, `amount_invalid`. */
    makeCode: port<{ customerId: string; accountId: string; code: NewCode; hopKey: string }, { dial: string }>(),
  },
  actions: { tell: emit(toldOf) },
});

const stateTexts: Readonly<Record<Sent['state'], TextKey>> = {
  pending: 'invoices.pending',
  underway: 'invoices.underway',
  paid: 'invoices.paid',
  rejected: 'invoices.rejected',
  cancelled: 'invoices.cancelled',
  expired: 'invoices.expired',
};

function chosenOf({ sent, chosen }: Context): Sent | undefined {
  return sent.find(({ invoiceId }) => invoiceId === chosen);
}

function shown(context: Context) {
  const one = chosenOf(context) ?? nothing;
  return {
    name: name(one.name),
    userNumber: one.userNumber,
    note: name(one.note),
    dial: one.dial,
    amount: money(one.amountMinor, context.caller.currency),
    state: { text: stateTexts[one.state] },
  };
}

function newCode({ code, caller: { currency } }: Context) {
  return { note: name(code.note), amount: money(code.amountMinor, currency), dial: code.dial, currency };
}

export const invoices = tree.createMachine({
  id: 'invoices',
  initial: 'arriving',
  context: ({ input }) => ({ caller: input, accountId: '', kind: 'standard', sent: [], chosen: '', code: noCode }),
  output: ({ context: { caller, chosen } }) => (chosen === 'till' ? { open: 'till', input: caller } : { close: true }),
  states: {
    arriving: {
      tags: 'busy',
      invoke: {
        src: 'findPlace',
        input: ({ context: { caller } }) => ({ customerId: caller.customerId, accountId: caller.accountId }),
        onDone: { target: 'menu', actions: assign({ accountId: ({ event }) => event.output.accountId }) },
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    menu: {
      meta: {
        text: 'invoices.menu',
        options: () => [
          { no: 1, pick: 'standard', text: 'invoices.sent' },
          { no: 2, pick: 'codes', text: 'invoices.codes' },
          { no: 3, pick: 'new', text: 'invoices.newCode' },
          { no: 4, pick: 'till', text: 'invoices.till' },
        ],
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'new', target: 'what' },
          { guard: ({ event }) => event.option === 'till', target: 'leaving', actions: assign({ chosen: 'till' }) },
          {
            target: 'listing',
            actions: assign({ kind: ({ event }) => (event.option === 'codes' ? 'codes' : 'standard'), chosen: '' }),
          },
        ],
      },
    },
    listing: {
      tags: 'busy',
      invoke: {
        src: 'listSent',
        input: ({ context: { caller, accountId, kind } }) => ({ customerId: caller.customerId, accountId, kind }),
        onDone: { target: 'list', actions: assign({ sent: ({ event }) => event.output }) },
        onError: { target: 'menu', actions: 'tell' },
      },
    },
    list: {
      meta: {
        text: ({ sent, kind }) => {
          if (sent.length === 0) return kind === 'codes' ? 'invoices.noCodes' : 'invoices.none';
          return kind === 'codes' ? 'invoices.codes' : 'invoices.sent';
        },
        options: ({ sent, caller: { currency } }) =>
          sent.map((one, index) => ({
            no: index + 1,
            pick: one.invoiceId,
            text: one.name === '' ? 'invoices.codeItem' : 'invoices.item',
            values: {
              name: name(one.name),
              note: name(one.note),
              amount: money(one.amountMinor, currency),
              state: { text: stateTexts[one.state] },
            },
          })),
      },
      on: { PICK: { target: 'one', actions: assign({ chosen: ({ event }) => event.option }) } },
    },
    one: {
      meta: {
        text: (context) => {
          const one = chosenOf(context) ?? nothing;
          if (one.name !== '') return one.note === '' ? 'invoices.one' : 'invoices.oneFor';
          return one.isProduct ? 'invoices.product' : 'invoices.oneTime';
        },
        values: shown,
        options: (context) =>
          chosenOf(context)?.state === 'pending' ? [{ no: 1, pick: 'cancel', text: 'invoices.cancel' }] : [],
        commits: true,
      },
      on: { PICK: 'cancelling' },
    },
    cancelling: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'cancel',
        input: ({ context: { caller, chosen }, event }) => ({
          customerId: caller.customerId,
          invoiceId: chosen,
          hopKey: event.hopKey,
        }),
        onDone: 'stopped',
        onError: [refusedTo('listing', 'invoice_gone'), { target: 'unavailable', actions: 'tell' }],
      },
    },
    stopped: { type: 'final', meta: { tells: 'outcome', text: 'invoices.stopped', values: shown } },
    what: {
      meta: { text: 'invoices.what', input: 'note' },
      on: {
        ANSWER: { target: 'price', actions: assign({ code: ({ event }) => ({ ...noCode, note: event.value }) }) },
      },
    },
    price: {
      meta: { text: 'invoices.price', values: newCode, input: 'amount' },
      on: {
        ANSWER: {
          target: 'times',
          actions: assign({ code: ({ context, event }) => ({ ...context.code, amountMinor: event.value }) }),
        },
      },
    },
    times: {
      meta: {
        text: 'invoices.times',
        values: newCode,
        options: () => [
          { no: 1, pick: 'product', text: 'invoices.many' },
          { no: 2, pick: 'pending', text: 'invoices.once' },
        ],
      },
      on: {
        PICK: {
          target: 'drafting',
          actions: assign({
            code: ({ context, event }) => ({
              ...context.code,
              type: event.option === 'pending' ? ('pending' as const) : ('product' as const),
            }),
          }),
        },
      },
    },
    drafting: {
      tags: 'busy',
      invoke: {
        src: 'draft',
        input: () => ({}),
        onDone: {
          target: 'confirm',
          actions: assign({
            code: ({ context, event }) => ({ ...context.code, invoiceId: event.output.invoiceId }),
          }),
        },
        onError: { target: 'times', actions: 'tell' },
      },
    },
    confirm: {
      meta: {
        text: ({ code }) => (code.type === 'product' ? 'invoices.confirmMany' : 'invoices.confirmOnce'),
        values: newCode,
        options: () => [{ no: 1, pick: 'make', text: 'invoices.make' }],
        commits: true,
      },
      on: { PICK: 'making' },
    },
    making: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'makeCode',
        input: ({ context: { caller, accountId, code }, event }) => ({
          customerId: caller.customerId,
          accountId,
          code,
          hopKey: event.hopKey,
        }),
        onDone: {
          target: 'made',
          actions: assign({ code: ({ context, event }) => ({ ...context.code, dial: event.output.dial }) }),
        },
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    made: { type: 'final', meta: { tells: 'outcome', text: 'invoices.made', values: newCode } },
    leaving: { type: 'final' },
    unavailable: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
  },
});
