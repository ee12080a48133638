import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  idScreens,
  money,
  name,
  type Next,
  notDone,
  pickedOf,
  pinAgain,
  port,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
  typedOf,
} from '../src/ussd/screen';

/**
 * A customer has a code that holds the money of a cash-out: the agent types it, and pays out what it is for. Whoever is a customer of
 * another provider is asked for it there (counter.ts).
 */
interface Context {
  caller: Caller;
  /** Whom the code is asked of at another provider, and who waits there already. */
  asked: AskedElsewhere;
  next: Next;
  /** The customer's user number or phone number. */
  number: string;
  idType: string;
  customer: Payout;
  reference: string;
}
/** A customer of another provider; the same as in counter.ts, where it leads to. */
export interface AskedElsewhere {
  /** Empty: nobody has been asked yet. */
  readonly counterRequestId: string;
  readonly isSale: false;
  readonly number: string;
  readonly name: string;
  /** Empty: a customer here. */
  readonly provider: string;
  /** Minor units as a decimal string. */
  readonly amountMinor: string;
}
export interface Payout {
  readonly paymentId: string;
  /** The customer's. */
  readonly name: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly commissionMinor: string;
  /** Whether the market wants an ID to be looked at first. */
  readonly asksId: boolean;
}

const nobodyAsked: AskedElsewhere = {
  ...{ counterRequestId: '', isSale: false, number: '', name: '', provider: '', amountMinor: '0' },
};
const noPayout: Payout = { paymentId: '', name: '', amountMinor: '0', commissionMinor: '0', asksId: false };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Who waits at another provider for their code to be typed. */
    waiting: port<{ customerId: string; accountId: string }, AskedElsewhere | undefined>(),
    /** Whose number it is; without a provider: a customer here. Refusals: `payee_unknown`, `payee_self`, `not_allowed`, … */
    lookupCustomer: port<{ customerId: string; accountId: string; number: string }, AskedElsewhere>(),
    /** Refusals: `code_unknown`, `code_wrong`, `code_spent`, `payee_unknown`, `not_allowed`, … */
    present: port<{ customerId: string; accountId: string; number: string; code: string; hopKey: string }, Payout>(),
    /** Refusals: `id_mismatch`, `not_allowed`. */
    noteId: port<{ customerId: string; paymentId: string; idType: string; digits: string }, void>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `code_needed`, `id_needed`, `request_gone`, … */
    redeem: port<
      { customerId: string; accountId: string; paymentId: string; pin: string; hopKey: string },
      { reference: string }
    >(),
  },
  actions: { tell: emit(toldOf), keepIdType: assign({ idType: ({ event }) => pickedOf(event) }) },
});

function payoutValues({ customer, caller: { currency } }: Context) {
  return { name: name(customer.name), amount: money(customer.amountMinor, currency) };
}

function toCounter({ caller, asked }: Context): Next {
  return { open: 'counter', input: { ...caller, asked } };
}

export const cashOutCode = tree.createMachine({
  id: 'cash-out-code',
  initial: 'looking',
  context: ({ input }) => ({
    ...{ caller: input, asked: nobodyAsked, number: '', idType: '', customer: noPayout, reference: '' },
    next: { close: true },
  }),
  output: ({ context }) => context.next,
  states: {
    looking: {
      tags: 'busy',
      invoke: {
        src: 'waiting',
        input: ({ context: { caller } }) => ({ customerId: caller.customerId, accountId: caller.accountId }),
        onDone: { target: 'customer', actions: assign({ asked: ({ event }) => event.output ?? nobodyAsked }) },
        onError: { target: 'customer' }, // a number can be typed
      },
    },
    customer: {
      meta: {
        text: 'cash-out-code.customer',
        options: ({ asked, caller }) =>
          asked.counterRequestId === ''
            ? []
            : [
                {
                  ...{ no: 1, pick: 'waiting', text: 'cash-out-code.waiting' },
                  values: { name: name(asked.name), amount: money(asked.amountMinor, caller.currency) },
                },
              ],
        input: 'person',
      },
      on: {
        PICK: { target: 'leaving', actions: assign({ next: ({ context }) => toCounter(context) }) },
        ANSWER: { target: 'lookingUp', actions: assign({ number: ({ event }) => event.value }) },
      },
    },
    lookingUp: {
      tags: 'busy',
      invoke: {
        src: 'lookupCustomer',
        input: ({ context: { caller, number } }) => ({
          ...{ customerId: caller.customerId, accountId: caller.accountId, number },
        }),
        onDone: [
          { guard: ({ event }) => event.output.provider === '', target: 'code' },
          {
            target: 'leaving',
            actions: assign({ next: ({ context, event }) => toCounter({ ...context, asked: event.output }) }),
          },
        ],
        onError: { target: 'customer', actions: 'tell' },
      },
    },
    code: {
      meta: { text: 'cash-out-code.code', input: 'code', commits: true },
      on: { ANSWER: 'presenting' },
    },
    presenting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'present',
        input: ({ context: { caller, number }, event }) => ({
          customerId: caller.customerId,
          accountId: caller.accountId,
          number,
          code: typedOf(event),
          hopKey: event.hopKey,
        }),
        onDone: [
          {
            guard: ({ event }) => event.output.asksId,
            target: 'idType',
            actions: assign({ customer: ({ event }) => event.output }),
          },
          { target: 'confirm', actions: assign({ customer: ({ event }) => event.output }) },
        ],
        onError: [refusedTo('code', 'code_wrong'), refusedTo('customer', 'payee_unknown', 'payee_self'), ...notDone],
      },
    },
    ...idScreens<Context>(({ customer }) => customer.name),
    // Noting it again changes nothing, so late work needs no parking.
    notingId: {
      tags: 'busy',
      invoke: {
        src: 'noteId',
        input: ({ context: { caller, customer, idType }, event }) => ({
          customerId: caller.customerId,
          paymentId: customer.paymentId,
          idType,
          digits: typedOf(event),
        }),
        onDone: 'confirm',
        onError: { target: 'idType', actions: 'tell' },
      },
    },
    confirm: {
      meta: { text: 'cash-out-code.confirm', values: payoutValues, input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'redeeming' },
    },
    redeeming: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'redeem',
        input: ({ context: { caller, customer }, event }) => ({
          customerId: caller.customerId,
          accountId: caller.accountId,
          paymentId: customer.paymentId,
          ...secretOf(event),
        }),
        onDone: { target: 'done', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [pinAgain('confirm'), refusedTo('gone', 'request_gone'), ...notDone],
      },
    },
    done: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'cash-out-code.done',
        values: (context) => ({
          ...payoutValues(context),
          commission: money(context.customer.commissionMinor, context.caller.currency),
          reference: context.reference,
        }),
      },
    },
    leaving: { type: 'final' },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.noMoneyMoved' } },
    // Cancelled, over or paid out before: what moved then is not said here.
    gone: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
