import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  type HashedPin,
  noPin,
  port,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
  typedOf,
} from '../src/ussd/screen';

/** Another PIN for whoever forgot theirs: staff had a code sent to this phone, and nobody but its owner sets the PIN. */
interface Context {
  caller: Caller;
  /** The hop that told the code. */
  proof: string;
  /** The peppered hash of the new PIN, until it was typed twice. */
  newPin: HashedPin;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `reset_code_wrong`, `reset_over`, `sim_swapped`, `sim_unknown`. */
    proveReset: port<{ customerId: string; code: string; hopKey: string }, void>(),
    /** Refusals: `pin_same`, `pin_is_birth_date`, `pin_busy`. */
    hashNewPin: port<{ customerId: string; pin: string }, HashedPin>(),
    /** Refusals: `pins_differ`, `pin_busy`, `reset_over`. */
    resetPin: port<{ customerId: string; pin: string; newPin: HashedPin; proof: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

export const pinReset = tree.createMachine({
  id: 'pin-reset',
  initial: 'code',
  context: ({ input }) => ({ caller: input, proof: '', newPin: noPin }),
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
        onDone: 'newPin',
        onError: [refusedTo('code', 'reset_code_wrong', 'sim_unknown'), { target: 'refused', actions: 'tell' }],
      },
    },
    newPin: {
      meta: { text: 'settings.newPin', input: 'newPin', secret: true },
      on: { ANSWER: 'hashing' },
    },
    hashing: {
      tags: 'busy',
      invoke: {
        src: 'hashNewPin',
        input: ({ context, event }) => ({ customerId: context.caller.customerId, pin: secretOf(event).pin }),
        onDone: { target: 'newPinAgain', actions: assign({ newPin: ({ event }) => event.output }) },
        onError: { target: 'newPin', actions: 'tell' },
      },
    },
    newPinAgain: {
      meta: { text: 'settings.newPinAgain', input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'setting' },
    },
    setting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'resetPin',
        input: ({ context, event }) => ({
          customerId: context.caller.customerId,
          pin: secretOf(event).pin,
          newPin: context.newPin,
          proof: context.proof,
        }),
        onDone: 'pinSet',
        onError: [
          refusedTo('newPin', 'pins_differ'),
          refusedTo('newPinAgain', 'pin_busy'),
          { target: 'refused', actions: 'tell' },
        ],
      },
    },
    pinSet: { type: 'final', meta: { text: 'pin-reset.done', tells: 'receipt' } },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
