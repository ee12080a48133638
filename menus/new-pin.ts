import { assign, emit, setup } from 'xstate';
import { type Caller, type HashedPin, noPin, port, refusedTo, secretOf, toldOf, treeTypes } from '../src/ussd/screen';

/** A PIN is chosen, and typed again, by whoever has just proven who they are: in settings by the old one, or by a code. */
interface Context {
  caller: Caller;
  /** The hop that proved it, and what it proved it by. */
  proof: string;
  by: Proof;
  /** The peppered hash of the new PIN, until it was typed twice. */
  newPin: HashedPin;
}
export type Proof = 'pin' | 'code';

const tree = setup({
  types: treeTypes<Context, Caller & { proof: string; by: Proof }>(),
  actors: {
    /** Refusals: `pin_same`, `pin_is_birth_date`, `pin_busy`. */
    hashNewPin: port<{ customerId: string; pin: string }, HashedPin>(),
    /** Refusals: `pins_differ`, `pin_busy`, `pin_unproven`, `reset_over`. */
    setPin: port<{ customerId: string; pin: string; newPin: HashedPin; proof: string; by: Proof }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

export const newPin = tree.createMachine({
  id: 'new-pin',
  initial: 'choose',
  context: ({ input: { proof, by, ...caller } }) => ({ caller, proof, by, newPin: noPin }),
  states: {
    choose: {
      meta: { text: 'new-pin.choose', input: 'newPin', secret: true },
      on: { ANSWER: 'hashing' },
    },
    hashing: {
      tags: 'busy',
      invoke: {
        src: 'hashNewPin',
        input: ({ context, event }) => ({ customerId: context.caller.customerId, pin: secretOf(event).pin }),
        onDone: { target: 'again', actions: assign({ newPin: ({ event }) => event.output }) },
        onError: { target: 'choose', actions: 'tell' },
      },
    },
    again: {
      meta: { text: 'new-pin.again', input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'setting' },
    },
    setting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'setPin',
        input: ({ context: { caller, newPin, proof, by }, event }) => ({
          ...{ customerId: caller.customerId, pin: secretOf(event).pin },
          ...{ newPin, proof, by },
        }),
        onDone: 'set',
        onError: [
          refusedTo('choose', 'pins_differ'),
          refusedTo('again', 'pin_busy'),
          { target: 'refused', actions: 'tell' },
        ],
      },
    },
    set: {
      type: 'final',
      meta: { text: ({ by }) => (by === 'pin' ? 'new-pin.changed' : 'new-pin.reset'), tells: 'receipt' },
    },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
