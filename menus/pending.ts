import { assign, emit, setup } from 'xstate';
import { money, name, port, refusedFor, secretOf, toldOf, type Caller, treeTypes } from '../src/ussd/screen';

/** What waits for the caller's own decision: approve with the PIN, or refuse. */
interface Context {
  caller: Caller;
  requests: readonly PendingRequest[];
  chosen: string;
  reference: string;
}
export interface PendingRequest {
  readonly paymentId: string;
  readonly name: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  readonly totalMinor: string;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Open requests, oldest first. */
    listPending: port<{ customerId: string }, PendingRequest[]>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `request_gone`, … */
    approve: port<{ customerId: string; paymentId: string; pin: string; hopKey: string }, { reference: string }>(),
    /** Refusals: `request_gone`. */
    reject: port<{ customerId: string; paymentId: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

function chosenOf({ requests, chosen, caller: { currency } }: Context): {
  name: string;
  amount: string;
  fee: string;
  total: string;
} {
  const request = requests.find(({ paymentId }) => paymentId === chosen);
  return {
    name: request?.name ?? '',
    amount: money(request?.amountMinor ?? '0', currency),
    fee: money(request?.feeMinor ?? '0', currency),
    total: money(request?.totalMinor ?? '0', currency),
  };
}

export const pending = tree.createMachine({
  id: 'pending',
  initial: 'listing',
  context: ({ input }) => ({ caller: input, requests: [], chosen: '', reference: '' }),
  states: {
    listing: {
      tags: 'busy',
      invoke: {
        src: 'listPending',
        input: ({ context }) => ({ customerId: context.caller.customerId }),
        onDone: { target: 'list', actions: assign({ requests: ({ event }) => event.output }) },
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    list: {
      meta: {
        text: ({ requests }) => (requests.length > 0 ? 'pending.list' : 'pending.empty'),
        options: ({ requests, caller: { currency } }) =>
          requests.map((request, index) => ({
            no: index + 1,
            pick: request.paymentId,
            text: 'pending.item',
            values: { name: name(request.name), amount: money(request.amountMinor, currency) },
          })),
      },
      on: { PICK: { target: 'decide', actions: assign({ chosen: ({ event }) => event.option }) } },
    },
    decide: {
      meta: {
        text: 'pending.approve',
        values: (context) => ({ ...chosenOf(context), name: name(chosenOf(context).name) }),
        options: () => [{ no: 1, pick: 'reject', text: 'pending.reject' }],
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'approving', PICK: 'rejecting' },
    },
    approving: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'approve',
        input: ({ context: { caller, chosen }, event }) => ({
          customerId: caller.customerId,
          paymentId: chosen,
          ...secretOf(event),
        }),
        onDone: { target: 'approved', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [
          { guard: ({ event }) => refusedFor(event, 'pin_wrong', 'pin_busy'), target: 'decide', actions: 'tell' },
          { guard: ({ event }) => refusedFor(event, 'request_gone'), target: 'gone', actions: 'tell' },
          { guard: ({ event }) => refusedFor(event), target: 'refused', actions: 'tell' },
          { target: 'unsure', actions: 'tell' },
        ],
      },
    },
    rejecting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'reject',
        input: ({ context: { caller, chosen }, event }) => ({
          customerId: caller.customerId,
          paymentId: chosen,
          hopKey: event.hopKey,
        }),
        onDone: 'rejected',
        onError: [
          { guard: ({ event }) => refusedFor(event), target: 'gone', actions: 'tell' },
          { target: 'unsure', actions: 'tell' },
        ],
      },
    },
    approved: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'pending.approved',
        values: (context) => {
          const { amount, fee, name: agent } = chosenOf(context);
          return { amount, fee, name: name(agent), reference: context.reference };
        },
      },
    },
    rejected: { type: 'final', meta: { tells: 'outcome', text: 'pending.rejected' } },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.noMoneyMoved' } },
    // Decided before, this way or that: what moved then is not said here.
    gone: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
    unavailable: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
