import { assign, emit, setup } from 'xstate';
import {
  type HashedPin,
  type Language,
  languageOptions,
  name,
  noPin,
  port,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/** A phone that belongs to nobody yet: its holder opens an account. */
interface Context {
  msisdn: string;
  /** Others have the phone already, and share it. */
  shares: boolean;
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
}
export interface Invitation {
  readonly inviter: string;
  readonly account: string;
}
export type Registration = Readonly<Context>;

const tree = setup({
  types: treeTypes<Context, { msisdn: string; shares: boolean }>(),
  actors: {
    invitationTo: port<{ msisdn: string }, Invitation | undefined>(),
    /** Refusals: `pin_is_birth_date`, `pin_busy`. */
    hashPin: port<{ pin: string; birthDate: string }, HashedPin>(),
    /** Refusals: `pins_differ`, `pin_busy`. */
    matchPin: port<{ pin: string; newPin: HashedPin }, void>(),
    /** Refusals: `already_registered`, `phone_taken`. */
    register: port<Registration, { userNumber: string }>(),
  },
  actions: { tell: emit(toldOf) },
});

export const signup = tree.createMachine({
  id: 'signup',
  initial: 'looking',
  context: ({ input }) => ({
    msisdn: input.msisdn,
    shares: input.shares,
    language: 'en',
    firstName: '',
    lastName: '',
    birthDate: '',
    nationalId: '',
    newPin: noPin,
    userNumber: '',
  }),
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
        input: 'personName',
      },
      on: { ANSWER: { target: 'lastName', actions: assign({ firstName: ({ event }) => event.value }) } },
    },
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
        onError: [refusedTo('refused', 'already_registered', 'phone_taken'), { target: 'failed', actions: 'tell' }],
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
