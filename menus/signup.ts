import { assign, emit, setup } from 'xstate';
import {
  type HashedPin,
  type Language,
  languageOptions,
  name,
  type Next,
  noPin,
  port,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/** A phone that belongs to nobody yet, or is shared: its holder opens an account, or has one on another phone. */
interface Context {
  msisdn: string;
  /** The hop by which whoever has the phone let one more in, by their PIN; empty: it is nobody's. */
  letIn: string;
  language: Language;
  firstName: string;
  lastName: string;
  /** ISO 8601. */
  birthDate: string;
  nationalId: string;
  /** A peppered argon2id hash: the PIN itself is in no context. */
  newPin: HashedPin;
  /** What the person is called by others, once they are registered. */
  userNumber: string;
  /** Who shares an account with them, where somebody does (R39). */
  invitation?: Invitation;
  next: Next;
}
export interface Invitation {
  readonly inviter: string;
  readonly account: string;
}
export type Registration = Readonly<Omit<Context, 'next'>>;

const tree = setup({
  types: treeTypes<Context, { msisdn: string; letIn: string }>(),
  actors: {
    invitationTo: port<{ msisdn: string }, Invitation | undefined>(),
    /** Refusals: `pin_is_birth_date`, `pin_busy`. */
    hashPin: port<{ pin: string; birthDate: string }, HashedPin>(),
    /** Refusals: `pins_differ`, `pin_busy`. */
    matchPin: port<{ pin: string; newPin: HashedPin }, void>(),
    /** Refusals: `already_registered`, `phone_taken`, `phone_full`, `let_in_over`. */
    register: port<Registration, { userNumber: string }>(),
  },
  actions: { tell: emit(toldOf) },
});

export const signup = tree.createMachine({
  id: 'signup',
  initial: 'looking',
  context: ({ input }) => ({
    msisdn: input.msisdn,
    letIn: input.letIn,
    language: 'en',
    firstName: '',
    lastName: '',
    birthDate: '',
    nationalId: '',
    newPin: noPin,
    userNumber: '',
    next: { close: true },
  }),
  output: ({ context }) => context.next,
  states: {
    looking: {
      tags: 'busy',
      invoke: {
        src: 'invitationTo',
        input: ({ context }) => ({ msisdn: context.msisdn }),
        onDone: {
          target: 'language',
          actions: assign(({ event }) => (event.output ? { invitation: event.output } : {})),
        },
        onError: 'language', // they can sign up all the same
      },
    },
    language: {
      meta: { text: 'signup.language', options: () => languageOptions },
      on: {
        PICK: {
          target: 'firstName',
          actions: [
            assign({ language: ({ event }) => event.option as Language }),
            emit(({ event }) => ({ type: 'language' as const, language: event.option as Language })),
          ],
        },
      },
    },
    firstName: {
      meta: {
        text: ({ invitation }) => (invitation ? 'signup.invited' : 'signup.firstName'),
        values: ({ invitation }) => ({
          inviter: name(invitation?.inviter ?? ''),
          account: name(invitation?.account ?? ''),
        }),
        options: () => [{ no: 1, pick: 'known', text: 'signup.known' }],
        input: 'personName',
      },
      on: {
        PICK: {
          target: 'leaving',
          actions: assign({
            next: ({ context: { msisdn, letIn } }): Next => ({ open: 'join-phone', input: { msisdn, letIn } }),
          }),
        },
        ANSWER: { target: 'lastName', actions: assign({ firstName: ({ event }) => event.value }) },
      },
    },
    leaving: { type: 'final' },
    lastName: {
      meta: { text: 'signup.lastName', input: 'personName' },
      on: { ANSWER: { target: 'birthDate', actions: assign({ lastName: ({ event }) => event.value }) } },
    },
    birthDate: {
      meta: { text: 'signup.birthDate', input: 'birthDate' },
      on: { ANSWER: { target: 'nationalId', actions: assign({ birthDate: ({ event }) => event.value }) } },
    },
    nationalId: {
      meta: { text: 'signup.nationalId', input: 'nationalId' },
      on: { ANSWER: { target: 'pin', actions: assign({ nationalId: ({ event }) => event.value }) } },
    },
    pin: {
      meta: { text: 'signup.pin', input: 'newPin', secret: true },
      on: { ANSWER: 'hashing' },
    },
    hashing: {
      tags: 'busy',
      invoke: {
        src: 'hashPin',
        input: ({ context, event }) => ({ pin: secretOf(event).pin, birthDate: context.birthDate }),
        onDone: { target: 'pinAgain', actions: assign({ newPin: ({ event }) => event.output }) },
        onError: { target: 'pin', actions: 'tell' },
      },
    },
    pinAgain: {
      meta: { text: 'signup.pinAgain', input: 'pin', secret: true },
      on: { ANSWER: 'matching' },
    },
    matching: {
      tags: 'busy',
      invoke: {
        src: 'matchPin',
        input: ({ context, event }) => ({ pin: secretOf(event).pin, newPin: context.newPin }),
        onDone: 'summary',
        onError: [refusedTo('pin', 'pins_differ'), { target: 'pinAgain', actions: 'tell' }],
      },
    },
    summary: {
      meta: {
        text: 'signup.summary',
        values: ({ firstName, lastName, birthDate, nationalId }) => ({
          name: name(`${firstName} ${lastName}`),
          birthDate: birthDate.split('-').reverse().join('/'),
          nationalId,
        }),
        options: () => [
          { no: 1, pick: 'confirm', text: 'signup.confirm' },
          { no: 2, pick: 'change', text: 'signup.change' },
        ],
        commits: true,
      },
      on: {
        PICK: [{ guard: ({ event }) => event.option === 'confirm', target: 'registering' }, { target: 'firstName' }],
      },
    },
    registering: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'register',
        input: ({ context }) => context,
        onDone: { target: 'done', actions: assign({ userNumber: ({ event }) => event.output.userNumber }) },
        onError: [refusedTo('refused'), { target: 'failed', actions: 'tell' }],
      },
    },
    done: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'signup.done',
        values: ({ firstName, userNumber }) => ({ name: name(firstName), userNumber }),
      },
    },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    failed: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
