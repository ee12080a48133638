import { assign, emit, setup } from 'xstate';
import { type Caller, type Next, port, refusedTo, toldOf, treeTypes, typedOf } from '../src/ussd/screen';

/** Another PIN for whoever forgot theirs: staff had a code sent to this phone, and nobody but its owner sets the PIN. */
interface Context {
  caller: Caller;
  /** The hop that told the code. */
  proof: string;
  next: Next;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `reset_code_wrong`, `reset_over`, `sim_swapped`, `sim_unknown`. */
    proveReset: port<{ customerId: string; code: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

export const pinReset = tree.createMachine({
  id: 'pin-reset',
  initial: 'code',
  context: ({ input }) => ({ caller: input, proof: '', next: { close: true } }),
  output: ({ context }) => context.next,
  states: {
    code: {
      meta: { text: 'pin-reset.code', input: 'resetCode', secret: true },
      on: { ANSWER: { target: 'proving', actions: assign({ proof: ({ event }) => event.hopKey }) } },
    },
    proving: {
      tags: 'busy',
      invoke: {
        src: 'proveReset',
        input: ({ context, event }) => ({
          customerId: context.caller.customerId,
          code: typedOf(event),
          hopKey: event.hopKey,
        }),
        onDone: {
          target: 'leaving',
          actions: assign({
            next: ({ context: { caller, proof } }): Next => ({
              open: 'new-pin',
              input: { ...caller, proof, by: 'code' },
            }),
          }),
        },
        onError: [refusedTo('code', 'reset_code_wrong', 'sim_unknown'), { target: 'refused', actions: 'tell' }],
      },
    },
    leaving: { type: 'final' },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
