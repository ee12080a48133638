import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  name,
  type Next,
  pinAgain,
  port,
  refusedTo,
  secretOf,
  type TextKey,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/** What an agent does between two customers: look at the float, the commission and the last customers, and set alarms. */
interface Context {
  caller: Caller;
  /** Which of the two is shown after the PIN. */
  view: 'desk' | 'served';
  desk: Desk;
  served: readonly Served[];
  sweep: Sweep;
  alarms: Alarms;
  side: 'low' | 'high';
  reference: string;
  next: Next;
}
/** Minor units as decimal strings. */
export interface Desk {
  readonly floatMinor: string;
  readonly commissionMinor: string;
  /** Cash-in refused today because the float was too small. */
  readonly shortOfFloat: number;
}
export interface Served {
  readonly way: 'in' | 'out';
  readonly name: string;
  readonly amountMinor: string;
  readonly reference: string;
  readonly date: string;
}
export interface Sweep {
  readonly quoteId: string;
  readonly amountMinor: string;
  /** All that is there: how much is told after the PIN. */
  readonly all: boolean;
}
export interface Alarms {
  readonly lowMinor: string;
  readonly highMinor: string;
}

interface Who {
  customerId: string;
  accountId: string;
}
type PinWho = Who & { pin: string; hopKey: string };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `not_allowed`. */
    desk: port<PinWho, Desk>(),
    /** Refusals: as `desk`. */
    lastServed: port<PinWho, Served[]>(),
    /** `amountMinor` absent: all of it. Refusals: `commission_none`, `not_allowed`, … */
    quoteSweep: port<Who & { amountMinor?: string }, { quoteId: string; amountMinor: string }>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `funds_insufficient`, … */
    submit: port<{ customerId: string; quoteId: string; pin: string; hopKey: string }, { reference: string }>(),
    alarms: port<Who, Alarms>(),
    /** Refusals: `alarms_crossed`. */
    setAlarm: port<Who & { side: 'low' | 'high'; amountMinor: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

function whoOf({ caller: { customerId, accountId } }: Context): Who {
  return { customerId, accountId };
}

const servedTexts = { in: 'agent-desk.servedIn', out: 'agent-desk.servedOut' } as const satisfies Record<
  string,
  TextKey
>;
const noDesk: Desk = { floatMinor: '0', commissionMinor: '0', shortOfFloat: 0 };
const noSweep: Sweep = { quoteId: '', amountMinor: '0', all: false };

export const agentDesk = tree.createMachine({
  id: 'agent-desk',
  initial: 'menu',
  context: ({ input }) => ({
    ...{ caller: input, view: 'desk', desk: noDesk, served: [], sweep: noSweep, side: 'low', reference: '' },
    ...{ alarms: { lowMinor: '0', highMinor: '0' }, next: { close: true } },
  }),
  output: ({ context }) => context.next,
  states: {
    menu: {
      meta: {
        text: 'agent-desk.menu',
        options: () => [
          { no: 1, pick: 'desk', text: 'agent-desk.desk' },
          { no: 2, pick: 'served', text: 'agent-desk.served' },
          { no: 3, pick: 'sweep', text: 'agent-desk.sweep' },
          { no: 4, pick: 'float', text: 'agent-desk.float' },
          { no: 5, pick: 'alarms', text: 'agent-desk.alarms' },
        ],
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'sweep', target: 'sweep' },
          {
            guard: ({ event }) => event.option === 'float',
            target: 'leaving',
            actions: assign({ next: ({ context }) => ({ open: 'agent-float', input: { ...context.caller } }) }),
          },
          { guard: ({ event }) => event.option === 'alarms', target: 'readingAlarms' },
          {
            target: 'pin',
            actions: assign({ view: ({ event }) => (event.option === 'served' ? 'served' : 'desk') }),
          },
        ],
      },
    },
    leaving: { type: 'final' },
    pin: {
      meta: { text: 'agent-desk.pin', input: 'pin', secret: true },
      on: {
        ANSWER: [
          { guard: ({ context }) => context.view === 'served', target: 'readingServed' },
          { target: 'readingDesk' },
        ],
      },
    },
    readingDesk: {
      tags: 'busy',
      invoke: {
        src: 'desk',
        input: ({ context, event }) => ({ ...whoOf(context), ...secretOf(event) }),
        onDone: { target: 'deskShown', actions: assign({ desk: ({ event }) => event.output }) },
        onError: [pinAgain('pin'), { target: 'ended', actions: 'tell' }],
      },
    },
    deskShown: {
      type: 'final',
      meta: {
        text: 'agent-desk.deskShown',
        values: ({ desk, caller: { currency } }) => ({
          amount: money(desk.floatMinor, currency),
          commission: money(desk.commissionMinor, currency),
          count: desk.shortOfFloat,
        }),
      },
    },
    readingServed: {
      tags: 'busy',
      invoke: {
        src: 'lastServed',
        input: ({ context, event }) => ({ ...whoOf(context), ...secretOf(event) }),
        onDone: { target: 'servedShown', actions: assign({ served: ({ event }) => event.output }) },
        onError: [pinAgain('pin'), { target: 'ended', actions: 'tell' }],
      },
    },
    servedShown: {
      meta: {
        text: ({ served }) => (served.length > 0 ? 'agent-desk.servedShown' : 'agent-desk.servedNone'),
        lines: ({ served, caller: { currency } }) =>
          served.map((one) => ({
            text: servedTexts[one.way],
            values: {
              reference: one.reference,
              amount: money(one.amountMinor, currency),
              name: name(one.name),
              date: one.date,
            },
          })),
        options: () => [{ no: 1, pick: 'menu', text: 'agent-desk.toDesk' }],
      },
      on: { PICK: 'menu' },
    },
    sweep: {
      meta: {
        text: 'agent-desk.sweepHow',
        options: () => [
          { no: 1, pick: 'all', text: 'agent-desk.sweepAll' },
          { no: 2, pick: 'part', text: 'agent-desk.sweepPart' },
        ],
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'part', target: 'sweepAmount' },
          { target: 'quotingSweep', actions: assign({ sweep: { ...noSweep, all: true } }) },
        ],
      },
    },
    sweepAmount: {
      meta: {
        text: 'agent-desk.sweepAmount',
        values: ({ caller }) => ({ currency: caller.currency }),
        input: 'amount',
      },
      on: {
        ANSWER: {
          target: 'quotingSweep',
          actions: assign({ sweep: ({ event }) => ({ ...noSweep, amountMinor: event.value }) }),
        },
      },
    },
    quotingSweep: {
      tags: 'busy',
      invoke: {
        src: 'quoteSweep',
        input: ({ context }) => ({
          ...whoOf(context),
          ...(context.sweep.all ? {} : { amountMinor: context.sweep.amountMinor }),
        }),
        onDone: {
          target: 'sweepConfirm',
          actions: assign({ sweep: ({ context, event }) => ({ ...context.sweep, ...event.output }) }),
        },
        onError: { target: 'menu', actions: 'tell' },
      },
    },
    sweepConfirm: {
      meta: {
        text: ({ sweep }) => (sweep.all ? 'agent-desk.sweepConfirmAll' : 'agent-desk.sweepConfirm'),
        values: ({ sweep, caller: { currency } }) => ({ amount: money(sweep.amountMinor, currency) }),
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'sweeping' },
    },
    sweeping: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'submit',
        input: ({ context: { caller, sweep }, event }) => ({
          customerId: caller.customerId,
          quoteId: sweep.quoteId,
          ...secretOf(event),
        }),
        onDone: { target: 'swept', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [pinAgain('sweepConfirm'), refusedTo('refused'), { target: 'ended', actions: 'tell' }],
      },
    },
    swept: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'agent-desk.swept',
        values: ({ sweep, reference, caller: { currency } }) => ({
          amount: money(sweep.amountMinor, currency),
          reference,
        }),
      },
    },
    readingAlarms: {
      tags: 'busy',
      invoke: {
        src: 'alarms',
        input: ({ context }) => whoOf(context),
        onDone: { target: 'alarms', actions: assign({ alarms: ({ event }) => event.output }) },
        onError: { target: 'ended', actions: 'tell' },
      },
    },
    alarms: {
      meta: {
        text: 'agent-desk.alarmsShown',
        options: ({ alarms, caller: { currency } }) => [
          { no: 1, pick: 'low', text: 'agent-desk.alarmLow', values: { amount: money(alarms.lowMinor, currency) } },
          { no: 2, pick: 'high', text: 'agent-desk.alarmHigh', values: { amount: money(alarms.highMinor, currency) } },
        ],
      },
      on: {
        PICK: {
          target: 'alarmAmount',
          actions: assign({ side: ({ event }) => (event.option === 'high' ? 'high' : 'low') }),
        },
      },
    },
    alarmAmount: {
      meta: {
        text: ({ side }) => (side === 'low' ? 'agent-desk.alarmLowAmount' : 'agent-desk.alarmHighAmount'),
        values: ({ caller }) => ({ currency: caller.currency }),
        input: 'amount',
        commits: true,
      },
      on: {
        ANSWER: {
          target: 'settingAlarm',
          actions: assign({
            alarms: ({ context, event }) => ({
              ...context.alarms,
              [context.side === 'low' ? 'lowMinor' : 'highMinor']: event.value,
            }),
          }),
        },
      },
    },
    // Setting it again changes nothing, so late work needs no parking.
    settingAlarm: {
      tags: 'busy',
      invoke: {
        src: 'setAlarm',
        input: ({ context }) => ({
          ...whoOf(context),
          side: context.side,
          amountMinor: context.side === 'low' ? context.alarms.lowMinor : context.alarms.highMinor,
        }),
        onDone: 'alarmSet',
        onError: { target: 'alarmAmount', actions: 'tell' },
      },
    },
    alarmSet: {
      type: 'final',
      meta: {
        text: ({ side }) => (side === 'low' ? 'agent-desk.alarmLowSet' : 'agent-desk.alarmHighSet'),
        values: ({ side, alarms, caller: { currency } }) => ({
          amount: money(side === 'low' ? alarms.lowMinor : alarms.highMinor, currency),
        }),
      },
    },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.noMoneyMoved' } },
    ended: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
