import { assign, emit, setup } from 'xstate';
import { type Caller, type Line, name, pinAgain, port, secretOf, toldOf, treeTypes } from '../src/ussd/screen';

/** The caller's last payments with the fee of each, after the PIN. Pages where it is long. */
interface Context {
  caller: Caller;
  payments: readonly StatementLine[];
}
export interface StatementLine {
  readonly direction: 'sent' | 'received';
  /** `refund`: of an earlier one, that came or went back (R215). `correction`: of an earlier one, put right (M32). */
  readonly kind: 'payment' | 'refund' | 'correction';
  /** Day and month as people write them, e.g. `20/11`. */
  readonly date: string;
  /** Undefined: the provider itself. */
  readonly name: string | undefined;
  /** As people read them, without the currency, e.g. `1,000.00`. */
  readonly amount: string;
  readonly fee: string;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Newest first. Refusals: `pin_wrong`, `pin_busy`, `pin_locked`. */
    statement: port<{ customerId: string; accountId: string; pin: string; hopKey: string }, StatementLine[]>(),
  },
  actions: { tell: emit(toldOf) },
});

function linesOf({ payments }: Context): Line[] {
  const texts = {
    payment: { sent: 'statement.sent', received: 'statement.received' },
    refund: { sent: 'statement.wentBack', received: 'statement.cameBack' },
    correction: { sent: 'statement.correctedOut', received: 'statement.correctedIn' },
  } as const;
  return payments.map(({ direction, kind, date, name: who, amount, fee }) => ({
    text: texts[kind][direction],
    values: { date, amount, fee, name: who === undefined ? { text: 'statement.provider' } : name(who) },
  }));
}

export const statement = tree.createMachine({
  id: 'statement',
  initial: 'pin',
  context: ({ input }) => ({ caller: input, payments: [] }),
  states: {
    pin: {
      meta: { text: 'statement.pin', input: 'pin', secret: true },
      on: { ANSWER: 'checking' },
    },
    checking: {
      tags: 'busy',
      invoke: {
        src: 'statement',
        input: ({ context, event }) => ({
          customerId: context.caller.customerId,
          accountId: context.caller.accountId,
          ...secretOf(event),
        }),
        onDone: { target: 'shown', actions: assign({ payments: ({ event }) => event.output }) },
        onError: [pinAgain('pin'), { target: 'refused', actions: 'tell' }],
      },
    },
    shown: {
      meta: {
        text: ({ payments }) => (payments.length > 0 ? 'statement.title' : 'statement.empty'),
        lines: linesOf,
      },
    },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
