import { assign, emit, setup } from 'xstate';
import { type Caller, type Next, pinAgain, port, refusedTo, secretOf, toldOf, treeTypes } from '../src/ussd/screen';

/** R55: the caller leaves for good. What keeps the profile open is told after the PIN: others may use this phone. */
interface Context {
  caller: Caller;
  next: Next;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: the PIN's, and why a profile stays open. */
    closeProfile: port<{ customerId: string; pin: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

export const closeProfile = tree.createMachine({
  id: 'close-profile',
  initial: 'explained',
  context: ({ input }) => ({ caller: input, next: { close: true } }),
  output: ({ context }) => context.next,
  states: {
    explained: {
      meta: {
        text: 'close-profile.explain',
        options: () => [{ no: 1, pick: 'go-on', text: 'close-profile.goOn' }],
      },
      on: { PICK: 'pin' },
    },
    pin: {
      meta: { text: 'close-profile.pin', input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'closing' },
    },
    closing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'closeProfile',
        input: ({ context, event }) => ({ customerId: context.caller.customerId, ...secretOf(event) }),
        onDone: 'closed',
        onError: [
          pinAgain('pin'),
          refusedTo('refused', 'pin_locked'),
          refusedTo('open'),
          { target: 'refused', actions: 'tell' },
        ],
      },
    },
    closed: { type: 'final', meta: { text: 'close-profile.closed', tells: 'receipt' } },
    open: { type: 'final', meta: { text: 'kit.nothing' }, entry: assign({ next: { home: true } }) },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
