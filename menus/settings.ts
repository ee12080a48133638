import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  type HashedPin,
  type Language,
  languageOptions,
  type Next,
  noPin,
  pinAgain,
  port,
  refusedTo,
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
  /** The peppered hash of the new PIN, until it was typed twice. */
  newPin: HashedPin;
  next: Next;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    setLanguage: port<{ customerId: string; language: Language }, void>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`. */
    verifyPin: port<{ customerId: string; pin: string; hopKey: string }, void>(),
    /** Refusals: `pin_same`, `pin_is_birth_date`, `pin_busy`. */
    hashNewPin: port<{ customerId: string; pin: string }, HashedPin>(),
    /** Refusals: `pins_differ`, `pin_busy`, `pin_unproven`. */
    changePin: port<{ customerId: string; pin: string; newPin: HashedPin; proof: string }, void>(),
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
    newPin: noPin,
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
          { guard: ({ event }) => event.option === 'phones', target: 'phones' },
          {
            target: 'leaving',
            actions: assign({
              next: ({ context, event }): Next => ({ open: event.option, input: { ...context.caller } }),
            }),
          },
        ],
      },
    },
    phones: {
      meta: {
        text: 'settings.phone',
        values: ({ caller }) => ({ msisdn: caller.msisdn }),
        options: () => [{ no: 1, pick: 'another', text: 'settings.anotherPerson' }],
      },
      on: {
        PICK: {
          target: 'leaving',
          actions: assign({
            next: ({ context: { caller } }): Next => ({
              open: 'signup',
              input: { msisdn: caller.msisdn, shares: true },
            }),
          }),
        },
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
        onDone: 'newPin',
        onError: [pinAgain('oldPin'), { target: 'refused', actions: 'tell' }],
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
      on: { ANSWER: 'changing' },
    },
    changing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'changePin',
        input: ({ context, event }) => ({
          customerId: context.caller.customerId,
          pin: secretOf(event).pin,
          newPin: context.newPin,
          proof: context.proof,
        }),
        onDone: 'pinChanged',
        onError: [
          refusedTo('newPin', 'pins_differ'),
          refusedTo('newPinAgain', 'pin_busy'),
          { target: 'refused', actions: 'tell' },
        ],
      },
    },
    pinChanged: { type: 'final', meta: { text: 'settings.pinChanged', tells: 'receipt' } },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
