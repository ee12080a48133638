import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  type Language,
  languageOptions,
  type Next,
  pinAgain,
  port,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/** The language we speak, and the PIN. */
interface Context {
  caller: Caller;
  language: Language;
  /** The hop that proved the PIN of today. */
  proof: string;
  next: Next;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    setLanguage: port<{ customerId: string; language: Language }, void>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`. */
    verifyPin: port<{ customerId: string; pin: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

export const settings = tree.createMachine({
  id: 'settings',
  initial: 'menu',
  context: ({ input }) => ({
    caller: input,
    language: input.language,
    proof: '',
    next: { close: true },
  }),
  output: ({ context }) => context.next,
  states: {
    menu: {
      meta: {
        text: 'settings.menu',
        options: () => [
          { no: 1, pick: 'language', text: 'settings.language' },
          { no: 2, pick: 'pin', text: 'settings.pin' },
          { no: 3, pick: 'phones', text: 'settings.phones' },
          { no: 4, pick: 'wrong-send', text: 'settings.wrongSend' },
          { no: 5, pick: 'cases', text: 'settings.cases' },
          { no: 7, pick: 'apply', text: 'settings.apply' },
        ],
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'language', target: 'language' },
          { guard: ({ event }) => event.option === 'pin', target: 'oldPin' },
          {
            target: 'leaving',
            actions: assign({
              next: ({ context, event }): Next => ({ open: event.option, input: { ...context.caller } }),
            }),
          },
        ],
      },
    },
    leaving: { type: 'final' },
    language: {
      meta: { text: 'settings.chooseLanguage', options: () => languageOptions, commits: true },
      on: {
        PICK: { target: 'settingLanguage', actions: assign({ language: ({ event }) => event.option as Language }) },
      },
    },
    // Setting it again changes nothing, so late work needs no parking: the caller just tries again.
    settingLanguage: {
      tags: 'busy',
      invoke: {
        src: 'setLanguage',
        input: ({ context }) => ({ customerId: context.caller.customerId, language: context.language }),
        onDone: {
          target: 'languageSet',
          actions: emit(({ context }) => ({ type: 'language' as const, language: context.language })),
        },
        onError: { target: 'menu', actions: 'tell' },
      },
    },
    languageSet: { type: 'final', meta: { text: 'settings.languageSet' } },
    oldPin: {
      meta: { text: 'settings.oldPin', input: 'pin', secret: true },
      on: { ANSWER: { target: 'verifying', actions: assign({ proof: ({ event }) => event.hopKey }) } },
    },
    verifying: {
      tags: 'busy',
      invoke: {
        src: 'verifyPin',
        input: ({ context, event }) => ({ customerId: context.caller.customerId, ...secretOf(event) }),
        onDone: {
          target: 'leaving',
          actions: assign({
            next: ({ context: { caller, proof } }): Next => ({
              open: 'new-pin',
              input: { ...caller, proof, by: 'pin' },
            }),
          }),
        },
        onError: [pinAgain('oldPin'), { target: 'refused', actions: 'tell' }],
      },
    },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
