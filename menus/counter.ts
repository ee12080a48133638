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
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
  typedOf,
  type Values,
} from '../src/ussd/screen';

/**
 * An agent gives cash to a customer of another provider, who has a code there: their provider is asked for the money and
 * wants the code, which the agent types here. So does a shop, which has asked before (sell-goods.ts). A call that was cut is come
 * back to: what waits stands where it began.
 */
interface Context {
  caller: Caller;
  asked: AskedElsewhere;
  plan: CashPlan;
  idType: string;
  /** The customer needed another code. */
  isAnother: boolean;
  reference: string;
}
interface AskedElsewhere {
  /** Empty: nobody has been asked yet. */
  readonly counterRequestId: string;
  /** Of a shop, not for cash. */
  readonly isSale: boolean;
  /** A user number or a phone number. */
  readonly number: string;
  readonly name: string;
  readonly provider: string;
  /** Minor units as a decimal string. */
  readonly amountMinor: string;
}
export interface CashPlan {
  readonly counterRequestId: string;
  /** Minor units as a decimal string. */
  readonly commissionMinor: string;
  /** Whether the market wants an ID to be looked at first. */
  readonly asksId: boolean;
}
/** `wanted`: the code is asked for. `paid`: the money is here. Anything else: nobody has said. */
export interface CashWord {
  readonly state: 'wanted' | 'paid' | 'underway';
  readonly reference: string;
}

interface Who {
  customerId: string;
  accountId: string;
}

const tree = setup({
  types: treeTypes<Context, Caller & { asked: AskedElsewhere }>(),
  actors: {
    /** What waits, as it is now; undefined: nobody was asked. Refusals: `counter_over`. */
    resume: port<Who & { counterRequestId: string }, CashPlan | undefined>(),
    /** Refusals: `counter_request_open`, `amount_invalid`, `not_allowed`. */
    plan: port<Who & { number: string; amountMinor: string }, CashPlan>(),
    /** Refusals: `not_allowed`. */
    noteId: port<Who & { counterRequestId: string; idType: string; digits: string }, void>(),
    /** Refusals: `pin_…`, `counter_request_open`, `code_unknown_there`, `cash_refused`, `scheme_away`, … */
    request: port<
      Who & { counterRequestId: string; number: string; amountMinor: string; pin: string; hopKey: string },
      CashWord
    >(),
    /** Refusals: `code_wrong`, `code_undelivered`, `code_unasked`, `code_spent`, `cash_refused`, `counter_over`, … */
    typeCode: port<Who & { counterRequestId: string; code: string }, CashWord>(),
    /** Refusals: `code_undelivered`, `code_unasked`, `counter_over`, … */
    anotherCode: port<Who & { counterRequestId: string }, CashWord>(),
    /** Refusals: `code_unasked`: money may be on its way. */
    stop: port<Who & { counterRequestId: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf), keepIdType: assign({ idType: ({ event }) => pickedOf(event) }) },
});

const noPlan: CashPlan = { counterRequestId: '', commissionMinor: '0', asksId: false };

function whoOf({ caller: { customerId, accountId }, plan: { counterRequestId } }: Context) {
  return { customerId, accountId, counterRequestId };
}

function valuesOf({ asked, plan, reference, caller: { currency } }: Context): Values {
  return {
    name: name(asked.name),
    provider: name(asked.provider),
    amount: money(asked.amountMinor, currency),
    commission: money(plan.commissionMinor, currency),
    currency,
    reference,
  };
}

/** Where the code is typed again. */
const codeAgain = refusedTo('code', 'code_wrong', 'code_undelivered', 'code_unasked');

export const counter = tree.createMachine({
  id: 'counter',
  initial: 'starting',
  context: ({ input: { asked, ...caller } }) => ({
    ...{ caller, asked, plan: noPlan, idType: '', isAnother: false, reference: '' },
  }),
  states: {
    starting: {
      tags: 'busy',
      invoke: {
        src: 'resume',
        input: ({ context }) => ({ ...whoOf(context), counterRequestId: context.asked.counterRequestId }),
        onDone: [
          {
            guard: ({ event }) => event.output !== undefined,
            target: 'code',
            actions: assign({ plan: ({ event }) => event.output ?? noPlan }),
          },
          { target: 'amount' },
        ],
        onError: { target: 'refused', actions: 'tell' },
      },
    },
    amount: {
      meta: { text: 'counter.amount', values: valuesOf, input: 'amount' },
      on: {
        ANSWER: {
          target: 'planning',
          actions: assign({ asked: ({ context, event }) => ({ ...context.asked, amountMinor: event.value }) }),
        },
      },
    },
    planning: {
      tags: 'busy',
      invoke: {
        src: 'plan',
        input: ({ context }) => ({
          ...whoOf(context),
          number: context.asked.number,
          amountMinor: context.asked.amountMinor,
        }),
        onDone: [
          {
            guard: ({ event }) => event.output.asksId,
            target: 'idType',
            actions: assign({ plan: ({ event }) => event.output }),
          },
          { target: 'confirm', actions: assign({ plan: ({ event }) => event.output }) },
        ],
        onError: { target: 'amount', actions: 'tell' },
      },
    },
    ...idScreens<Context>(({ asked }) => asked.name),
    // Noting it again changes nothing, so late work needs no parking.
    notingId: {
      tags: 'busy',
      invoke: {
        src: 'noteId',
        input: ({ context, event }) => ({ ...whoOf(context), idType: context.idType, digits: typedOf(event) }),
        onDone: 'confirm',
        onError: { target: 'idType', actions: 'tell' },
      },
    },
    confirm: {
      meta: { text: 'counter.confirm', values: valuesOf, input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'requesting' },
    },
    requesting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'request',
        input: ({ context, event }) => ({
          ...whoOf(context),
          number: context.asked.number,
          amountMinor: context.asked.amountMinor,
          ...secretOf(event),
        }),
        onDone: [{ guard: ({ event }) => event.output.state === 'wanted', target: 'code' }, { target: 'unasked' }],
        onError: [pinAgain('confirm'), ...notDone],
      },
    },
    code: {
      meta: {
        text: ({ isAnother }) => (isAnother ? 'counter.codeAgain' : 'counter.code'),
        values: valuesOf,
        options: () => [
          { no: 1, pick: 'another', text: 'counter.another' },
          { no: 2, pick: 'stop', text: 'counter.stop' },
        ],
        input: 'otp',
        commits: true,
      },
      on: {
        PICK: [{ guard: ({ event }) => event.option === 'stop', target: 'stopping' }, { target: 'askingAnother' }],
        ANSWER: 'typing',
      },
    },
    typing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'typeCode',
        input: ({ context, event }) => ({ ...whoOf(context), code: typedOf(event) }),
        onDone: [
          {
            guard: ({ event }) => event.output.state === 'paid',
            target: 'paid',
            actions: assign({ reference: ({ event }) => event.output.reference }),
          },
          { target: 'underway' },
        ],
        onError: [codeAgain, ...notDone],
      },
    },
    askingAnother: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'anotherCode',
        input: ({ context }) => whoOf(context),
        onDone: { target: 'code', actions: assign({ isAnother: true }) },
        onError: [codeAgain, ...notDone],
      },
    },
    stopping: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'stop',
        input: ({ context, event }) => ({ ...whoOf(context), hopKey: event.hopKey }),
        onDone: 'stopped',
        onError: { target: 'unsure', actions: 'tell' },
      },
    },
    paid: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: ({ asked }) => (asked.isSale ? 'counter.sold' : 'counter.paid'),
        values: valuesOf,
      },
    },
    // The code is asked for by SMS, and typed in the next call.
    unasked: { type: 'final', meta: { text: 'counter.unasked', values: valuesOf } },
    underway: {
      type: 'final',
      meta: { text: ({ asked }) => (asked.isSale ? 'counter.underwaySale' : 'counter.underway'), values: valuesOf },
    },
    stopped: { type: 'final', meta: { tells: 'outcome', text: 'counter.stopped' } },
    ...moneyEnds,
  },
});
