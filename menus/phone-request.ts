import { emit, setup } from 'xstate';
import { type Caller, notDone, pinAgain, port, secretOf, toldOf, treeTypes } from '../src/ussd/screen';

/** A phone asks to be one more of the caller's (Q6): the PIN is the yes, and it is said in full which phone. */
interface Context {
  caller: Caller;
  request: JoinRequest;
}
export interface JoinRequest {
  readonly requestId: string;
  /** E.164. */
  readonly msisdn: string;
}
interface Decision {
  customerId: string;
  requestId: string;
  hopKey: string;
}

const tree = setup({
  types: treeTypes<Context, Caller & { request: JoinRequest }>(),
  actors: {
    /**
     * `on`: the phone on which they agree. Refusals: `phone_request_gone`, `phone_taken_since`, `phone_known`,
     * `phone_full`, `phones_full`, `sim_swapped`, `sim_unknown`, `pin_wrong`, `pin_busy`, `pin_locked`.
     */
    consent: port<Decision & { on: string; pin: string }, void>(),
    /** Refusals: `phone_request_gone`. */
    refuse: port<Decision, void>(),
  },
  actions: { tell: emit(toldOf) },
});

const shown = ({ request: { msisdn } }: Context) => ({ msisdn });

export const phoneRequest = tree.createMachine({
  id: 'phone-request',
  initial: 'decide',
  context: ({ input: { request, ...caller } }) => ({ caller, request }),
  states: {
    decide: {
      meta: {
        text: 'phones.decide',
        values: shown,
        options: () => [{ no: 1, pick: 'refuse', text: 'pending.reject' }],
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'consenting', PICK: 'refusing' },
    },
    consenting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'consent',
        input: ({ context: { caller, request }, event }) => ({
          ...{ customerId: caller.customerId, on: caller.msisdn, requestId: request.requestId },
          ...secretOf(event),
        }),
        onDone: 'added',
        onError: [pinAgain('decide'), ...notDone],
      },
    },
    refusing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'refuse',
        input: ({ context: { caller, request }, event }) => ({
          customerId: caller.customerId,
          requestId: request.requestId,
          hopKey: event.hopKey,
        }),
        onDone: 'turnedDown',
        onError: [...notDone],
      },
    },
    added: { type: 'final', meta: { tells: 'receipt', text: 'phones.added', values: shown } },
    turnedDown: { type: 'final', meta: { tells: 'outcome', text: 'phones.turnedDown', values: shown } },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
