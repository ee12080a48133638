import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  type Next,
  pinAgain,
  port,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/** R55: the caller leaves for good. What keeps the profile open is told after the PIN: others may use this phone. */
interface Context {
  caller: Caller;
  /** Less than it costs to send, as a decimal string: the caller may give it up. */
  leftMinor: string;
  next: Next;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** `0`: it is closed. Else what is left and may be given up. Refusals: the PIN's, and why a profile stays open. */
    closeProfile: port<
      { customerId: string; givesUpMinor: string; pin: string; hopKey: string },
      { leftMinor: string }
    >(),
  },
  actions: { tell: emit(toldOf), giveUpNothing: assign({ leftMinor: '0' }) },
});

export const closeProfile = tree.createMachine({
  id: 'close-profile',
  initial: 'explained',
  context: ({ input }) => ({ caller: input, leftMinor: '0', next: { close: true } }),
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
        input: ({ context: { caller, leftMinor }, event }) => ({
          ...{ customerId: caller.customerId, givesUpMinor: leftMinor },
          ...secretOf(event),
        }),
        onDone: [
          { guard: ({ event }) => event.output.leftMinor === '0', target: 'closed' },
          { target: 'remainder', actions: assign({ leftMinor: ({ event }) => event.output.leftMinor }) },
        ],
        onError: [
          { ...pinAgain('pin'), actions: ['tell', 'giveUpNothing'] },
          refusedTo('refused', 'pin_locked'),
          refusedTo('open'),
          { target: 'refused', actions: 'tell' },
        ],
      },
    },
    // Shown after the PIN only, and agreed to by it: the amount is nobody else's business, and it is theirs.
    remainder: {
      meta: {
        text: 'close-profile.remainder',
        values: ({ leftMinor, caller: { currency } }) => ({ amount: money(leftMinor, currency) }),
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'closing' },
    },
    closed: { type: 'final', meta: { text: 'close-profile.closed', tells: 'receipt' } },
    open: { type: 'final', meta: { text: 'kit.nothing' }, entry: assign({ next: { home: true } }) },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
