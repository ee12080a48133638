import { assign, emit, setup } from 'xstate';
import { notDone, port, toldOf, treeTypes } from '../src/ussd/screen';

/**
 * Somebody who has an account wants to use a phone that isn't theirs (R43, Q6): a phone of theirs is asked. Whether there
 * is such a person, the screen doesn't say.
 */
interface Context {
  msisdn: string;
  /** The hop by which whoever has the phone let them in; empty: it is nobody's. */
  letIn: string;
  person: string;
}

const tree = setup({
  types: treeTypes<Context, { msisdn: string; letIn: string }>(),
  actors: {
    /** Refusals: `phone_known`, `phone_full`, `phone_asks_too_many`, `let_in_over`. */
    ask: port<{ msisdn: string; letIn: string; person: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

export const joinPhone = tree.createMachine({
  id: 'join-phone',
  initial: 'person',
  context: ({ input }) => ({ ...input, person: '' }),
  states: {
    person: {
      meta: { text: 'phones.person', input: 'person', commits: true },
      on: { ANSWER: { target: 'asking', actions: assign({ person: ({ event }) => event.value }) } },
    },
    asking: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'ask',
        input: ({ context, event }) => ({ ...context, hopKey: event.hopKey }),
        onDone: 'asked',
        onError: [...notDone],
      },
    },
    asked: { type: 'final', meta: { tells: 'outcome', text: 'phones.asked' } },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
