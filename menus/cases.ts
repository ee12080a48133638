import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  name,
  type Option,
  pinAgain,
  port,
  secretOf,
  type TextKey,
  toldOf,
  treeTypes,
  type Value,
  type Values,
} from '../src/ussd/screen';

/** The caller's complaints: what has become of them, another look at one, and a new one about a payment. */
interface Context {
  caller: Caller;
  /** The hop that proved the PIN. */
  proof: string;
  cases: readonly MyCase[];
  payments: readonly CasePayment[];
  /** A case, or a payment. */
  chosen: string;
  opened: { readonly number: string; readonly date: string };
}
export interface MyCase {
  readonly caseId: string;
  readonly number: string;
  readonly state: 'open' | 'investigating' | 'decided' | 'appealed' | 'closed';
  /** Of the last decision. */
  readonly outcome: 'refunded' | 'refunded_in_part' | 'agreed' | 'corrected' | 'rejected' | 'lapsed' | null;
  /** Of the payment, in minor units as a decimal string. */
  readonly amountMinor: string;
  /** The other side; undefined: the provider itself. */
  readonly name: string | undefined;
  /** Until when it is answered or, once it is decided, may be appealed. */
  readonly date: string;
  readonly mayAppeal: boolean;
}
export interface CasePayment {
  readonly paymentId: string;
  readonly direction: 'sent' | 'received';
  readonly date: string;
  readonly name: string | undefined;
  /** As people read it, without the currency. */
  readonly amount: string;
}

/** Behind the last case, whose number is 8. */
const openAnother = 9;
const kinds: readonly Option[] = [
  { no: 1, pick: 'not_mine', text: 'cases.notMine' },
  { no: 2, pick: 'wrong_amount', text: 'cases.wrongAmount' },
  { no: 3, pick: 'not_received', text: 'cases.notReceived' },
  { no: 4, pick: 'other', text: 'cases.otherKind' },
];
const stateTexts = {
  open: 'cases.open',
  investigating: 'cases.investigating',
  decided: 'cases.decided',
  appealed: 'cases.appealed',
  closed: 'cases.closed',
} as const satisfies Record<MyCase['state'], TextKey>;
const outcomeTexts = {
  refunded: 'cases.refunded',
  refunded_in_part: 'cases.refundedInPart',
  agreed: 'cases.refunded',
  corrected: 'cases.corrected',
  rejected: 'cases.rejected',
  lapsed: 'cases.lapsed',
} as const satisfies Record<NonNullable<MyCase['outcome']>, TextKey>;

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** The last first. Refusals: `pin_wrong`, `pin_busy`, `pin_locked`. */
    myCases: port<{ customerId: string; pin: string; hopKey: string }, MyCase[]>(),
    /** Refusals: `pin_unproven`, … */
    casePayments: port<{ customerId: string; accountId: string; proof: string }, CasePayment[]>(),
    /** Refusals: `too_many_cases`, `not_reversible`, `payment_unknown`, `pin_unproven`. */
    openCase: port<
      { customerId: string; paymentId: string; kind: string; proof: string; hopKey: string },
      { number: string; date: string }
    >(),
    /** Refusals: `case_gone`, `appeal_too_late`, `pin_unproven`. */
    appeal: port<
      { customerId: string; caseId: string; proof: string; hopKey: string },
      { number: string; date: string }
    >(),
  },
  actions: { tell: emit(toldOf) },
});

const chosenOf = ({ cases, chosen }: Context): MyCase | undefined => cases.find(({ caseId }) => caseId === chosen);
const isWaiting = (state: MyCase['state'] | undefined): boolean => state !== 'decided' && state !== 'closed';
const nameOf = (who: string | undefined): Value => (who === undefined ? { text: 'statement.provider' } : name(who));

function detailText(context: Context): TextKey {
  const one = chosenOf(context);
  if (isWaiting(one?.state)) return 'cases.detailWaiting';
  return one?.mayAppeal === true ? 'cases.detailAppealable' : 'cases.detailDecided';
}

function detailValues(context: Context): Values {
  const one = chosenOf(context);
  if (!one) return {};
  return {
    number: one.number,
    name: nameOf(one.name),
    amount: money(one.amountMinor, context.caller.currency),
    date: one.date,
    outcome: one.outcome === null ? '' : { text: outcomeTexts[one.outcome] },
  };
}

export const cases = tree.createMachine({
  id: 'cases',
  initial: 'pin',
  context: ({ input }) => ({
    caller: input,
    proof: '',
    cases: [],
    payments: [],
    chosen: '',
    opened: { number: '', date: '' },
  }),
  states: {
    pin: {
      meta: { text: 'cases.pin', input: 'pin', secret: true },
      on: { ANSWER: { target: 'listing', actions: assign({ proof: ({ event }) => event.hopKey }) } },
    },
    listing: {
      tags: 'busy',
      invoke: {
        src: 'myCases',
        input: ({ context, event }) => ({ customerId: context.caller.customerId, ...secretOf(event) }),
        onDone: { target: 'list', actions: assign({ cases: ({ event }) => event.output }) },
        onError: [pinAgain('pin'), { target: 'refused', actions: 'tell' }],
      },
    },
    list: {
      meta: {
        text: ({ cases: mine }) => (mine.length > 0 ? 'cases.list' : 'cases.empty'),
        options: ({ cases: mine }) => [
          ...mine.map(({ caseId, number, state }, index): Option => ({
            no: index + 1,
            pick: caseId,
            text: 'cases.item',
            values: { number, state: { text: stateTexts[state] } },
          })),
          { no: openAnother, pick: 'new', text: 'cases.new' },
        ],
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'new', target: 'loading' },
          { target: 'detail', actions: assign({ chosen: ({ event }) => event.option }) },
        ],
      },
    },
    detail: {
      meta: {
        text: detailText,
        values: detailValues,
        options: (context) =>
          chosenOf(context)?.mayAppeal === true ? [{ no: 1, pick: 'appeal', text: 'cases.appeal' }] : [],
        commits: true,
      },
      on: { PICK: 'appealing' },
    },
    appealing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'appeal',
        input: ({ context: { caller, chosen, proof }, event }) => ({
          customerId: caller.customerId,
          caseId: chosen,
          proof,
          hopKey: event.hopKey,
        }),
        onDone: { target: 'appealed', actions: assign({ opened: ({ event }) => event.output }) },
        onError: { target: 'refused', actions: 'tell' },
      },
    },
    appealed: {
      type: 'final',
      meta: { tells: 'receipt', text: 'cases.lookedAtAgain', values: ({ opened }) => ({ ...opened }) },
    },
    loading: {
      tags: 'busy',
      invoke: {
        src: 'casePayments',
        input: ({ context: { caller, proof } }) => ({
          customerId: caller.customerId,
          accountId: caller.accountId,
          proof,
        }),
        onDone: { target: 'payment', actions: assign({ payments: ({ event }) => event.output }) },
        onError: { target: 'refused', actions: 'tell' },
      },
    },
    payment: {
      meta: {
        text: ({ payments }) => (payments.length > 0 ? 'cases.payment' : 'cases.noPayments'),
        options: ({ payments }) =>
          payments.map(({ paymentId, direction, date, amount, name: who }, index) => ({
            no: index + 1,
            pick: paymentId,
            text: direction === 'sent' ? 'cases.sent' : 'cases.received',
            values: { date, amount, name: nameOf(who) },
          })),
      },
      on: { PICK: { target: 'kind', actions: assign({ chosen: ({ event }) => event.option }) } },
    },
    kind: {
      meta: { text: 'cases.kind', options: () => kinds, commits: true },
      on: { PICK: 'opening' },
    },
    opening: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'openCase',
        input: ({ context: { caller, chosen, proof }, event }) => ({
          customerId: caller.customerId,
          paymentId: chosen,
          kind: event.type === 'PICK' ? event.option : '',
          proof,
          hopKey: event.hopKey,
        }),
        onDone: { target: 'opened', actions: assign({ opened: ({ event }) => event.output }) },
        onError: { target: 'refused', actions: 'tell' },
      },
    },
    opened: {
      type: 'final',
      meta: { tells: 'receipt', text: 'cases.opened', values: ({ opened }) => ({ ...opened }) },
    },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
