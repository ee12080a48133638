import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  name,
  notDone,
  type Option,
  pinAgain,
  port,
  secretOf,
  type TextKey,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/** Money went to the wrong person: what is still there is put on hold, and we decide. What is at another provider is asked for. */
interface Context {
  caller: Caller;
  sends: readonly RecentSend[];
  chosen: string;
  reason: string;
  returned: Returned;
}
export interface RecentSend {
  readonly paymentId: string;
  readonly name: string;
  /** Where the money is; empty: here. */
  readonly provider: string;
  /** Minor units as a decimal string. */
  readonly amountMinor: string;
}
export interface Returned {
  readonly number: string;
  /** Minor units as decimal strings; `0`: nothing of it could be held. */
  readonly amountMinor: string;
  readonly heldMinor: string;
  /** Where the money is, so that it can't be held; empty: here. */
  readonly provider: string;
  /** When an answer is due, as people write it. */
  readonly date: string;
}

const nothing: Returned = { number: '', amountMinor: '0', heldMinor: '0', provider: '', date: '' };
const reasons: readonly Option[] = [
  { no: 1, pick: 'wrong_number', text: 'wrong-send.wrongNumber' },
  { no: 2, pick: 'wrong_amount', text: 'wrong-send.wrongAmount' },
  { no: 3, pick: 'sent_twice', text: 'wrong-send.sentTwice' },
  { no: 4, pick: 'other', text: 'wrong-send.other' },
];

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** What can still be held, the last first. */
    recentSends: port<{ customerId: string }, RecentSend[]>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `return_too_late`, `return_asked`, `too_many_cases`, … */
    askBack: port<{ customerId: string; paymentId: string; reason: string; pin: string; hopKey: string }, Returned>(),
  },
  actions: { tell: emit(toldOf) },
});

const chosenOf = ({ sends, chosen }: Context): RecentSend | undefined =>
  sends.find(({ paymentId }) => paymentId === chosen);

const isHere = (send: RecentSend | undefined): boolean => (send?.provider ?? '') === '';

function askedText({ provider, heldMinor }: Returned): TextKey {
  if (provider !== '') return 'wrong-send.elsewhere';
  return heldMinor === '0' ? 'wrong-send.notHeld' : 'wrong-send.held';
}

export const wrongSend = tree.createMachine({
  id: 'wrong-send',
  initial: 'listing',
  context: ({ input }) => ({ caller: input, sends: [], chosen: '', reason: '', returned: nothing }),
  states: {
    listing: {
      tags: 'busy',
      invoke: {
        src: 'recentSends',
        input: ({ context }) => ({ customerId: context.caller.customerId }),
        onDone: { target: 'list', actions: assign({ sends: ({ event }) => event.output }) },
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    list: {
      meta: {
        text: ({ sends }) => (sends.length > 0 ? 'wrong-send.list' : 'wrong-send.empty'),
        options: ({ sends, caller: { currency } }) =>
          sends.map((send, index) => ({
            no: index + 1,
            pick: send.paymentId,
            text: 'wrong-send.item',
            values: { name: name(send.name), amount: money(send.amountMinor, currency) },
          })),
      },
      on: { PICK: { target: 'reason', actions: assign({ chosen: ({ event }) => event.option }) } },
    },
    reason: {
      meta: { text: 'wrong-send.reason', options: () => reasons },
      on: { PICK: { target: 'confirm', actions: assign({ reason: ({ event }) => event.option }) } },
    },
    confirm: {
      meta: {
        text: (context) => (isHere(chosenOf(context)) ? 'wrong-send.confirm' : 'wrong-send.confirmElsewhere'),
        values: (context) => ({
          name: name(chosenOf(context)?.name ?? ''),
          amount: money(chosenOf(context)?.amountMinor ?? '0', context.caller.currency),
        }),
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'asking' },
    },
    asking: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'askBack',
        input: ({ context: { caller, chosen, reason }, event }) => ({
          customerId: caller.customerId,
          paymentId: chosen,
          reason,
          ...secretOf(event),
        }),
        onDone: { target: 'asked', actions: assign({ returned: ({ event }) => event.output }) },
        onError: [pinAgain('confirm'), ...notDone],
      },
    },
    asked: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: ({ returned }) => askedText(returned),
        values: ({ returned, caller: { currency } }) => ({
          number: returned.number,
          amount: money(returned.amountMinor, currency),
          held: money(returned.heldMinor, currency),
          provider: name(returned.provider),
          date: returned.date,
        }),
      },
    },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
    unavailable: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
