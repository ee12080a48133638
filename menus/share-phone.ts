import { assign, emit, setup } from 'xstate';
import { name, type Next, pinAgain, port, secretOf, toldOf, treeTypes } from '../src/ussd/screen';

/**
 * A phone that somebody has is to be shared (R44, R45): whoever money sent to its number reaches lets one more in, by
 * their PIN, whether somebody chose it in settings or said at the start that they are another person.
 */
interface Context {
  msisdn: string;
  opener: Opener;
  /** The hop that proved the PIN. */
  proof: string;
  next: Next;
}
export interface Opener {
  readonly customerId: string;
  readonly firstName: string;
}

const tree = setup({
  types: treeTypes<Context, { msisdn: string }>(),
  actors: {
    /** Refusals: `phone_full`, `phone_gone`. */
    openerOf: port<{ msisdn: string }, Opener>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`. */
    verifyPin: port<{ customerId: string; pin: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

export const sharePhone = tree.createMachine({
  id: 'share-phone',
  initial: 'looking',
  context: ({ input }) => ({
    ...input,
    opener: { customerId: '', firstName: '' },
    proof: '',
    next: { close: true },
  }),
  output: ({ context }) => context.next,
  states: {
    looking: {
      tags: 'busy',
      invoke: {
        src: 'openerOf',
        input: ({ context }) => ({ msisdn: context.msisdn }),
        onDone: { target: 'pin', actions: assign({ opener: ({ event }) => event.output }) },
        onError: { target: 'refused', actions: 'tell' },
      },
    },
    pin: {
      meta: {
        text: 'phones.letIn',
        values: ({ opener }) => ({ name: name(opener.firstName) }),
        input: 'pin',
        secret: true,
      },
      on: { ANSWER: { target: 'verifying', actions: assign({ proof: ({ event }) => event.hopKey }) } },
    },
    verifying: {
      tags: 'busy',
      invoke: {
        src: 'verifyPin',
        input: ({ context, event }) => ({ customerId: context.opener.customerId, ...secretOf(event) }),
        onDone: {
          target: 'leaving',
          actions: assign({
            next: ({ context: { msisdn, proof } }): Next => ({ open: 'signup', input: { msisdn, letIn: proof } }),
          }),
        },
        onError: [pinAgain('pin'), { target: 'refused', actions: 'tell' }],
      },
    },
    leaving: { type: 'final' },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
