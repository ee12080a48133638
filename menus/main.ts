import { assign, emit, setup } from 'xstate';
import {
  money,
  name,
  port,
  refusedFor,
  toldOf,
  type Caller,
  type Next,
  type Option,
  type TextKey,
  treeTypes,
  type Values,
} from '../src/ussd/screen';

/** Every call starts here: who is calling, what became of their last payment, and what they may do. */
interface Context {
  msisdn: string;
  /** Whoever was found to be calling before, or was chosen; empty: not known yet. */
  customerId: string;
  /** Who shares the phone. */
  people: readonly Sharer[];
  caller?: Greeting;
  next: Next;
}
export interface Sharer {
  readonly customerId: string;
  readonly name: string;
}
export interface Greeting extends Caller {
  readonly firstName: string;
  /** Of whoever owns the account that the caller works with (Q4). */
  readonly role: 'customer' | 'agent' | 'merchant';
  /** Whether they sell on that account, or at somebody's till (R37, B23). */
  readonly maySell: boolean;
  /** How many open accounts the caller holds: with more than one the screen says which. */
  readonly accountCount: number;
  /** A code for a new PIN was sent to them and may be typed now. */
  readonly pinReset?: true;
  /** The last payment, while this person may not know what came of it: the call was cut, or it is still under way. */
  readonly notice?: LastPayment;
}
export interface LastPayment {
  /** Undefined while nothing can be marked as seen. */
  readonly paymentId: string | undefined;
  readonly state: 'done' | 'failed' | 'checking';
  readonly payee: string;
  readonly amountMinor: string;
  readonly reference: string;
}

/** A number belongs to its item for good: a role adds items at the end, and shifts none. */
const everybody: readonly Option[] = [
  { no: 1, pick: 'send-money', text: 'main.sendMoney' },
  { no: 2, pick: 'pending', text: 'main.pending' },
  { no: 3, pick: 'pay', text: 'main.pay' },
  { no: 4, pick: 'balance', text: 'main.balance' },
  { no: 5, pick: 'statement', text: 'main.statement' },
  { no: 6, pick: 'accounts', text: 'main.accounts' },
  { no: 7, pick: 'settings', text: 'main.settings' },
  { no: 8, pick: 'withdraw', text: 'main.withdraw' },
];
const agents: readonly Option[] = [
  { no: 9, pick: 'cash-in', text: 'main.cashIn' },
  { no: 10, pick: 'cash-out', text: 'main.cashOut' },
  { no: 11, pick: 'agent-desk', text: 'main.agentDesk' },
];

const sellers: readonly Option[] = [
  { no: 12, pick: 'sell-goods', text: 'main.sellGoods' },
  { no: 13, pick: 'invoices', text: 'main.invoices' },
];

/** As many as have a number of one digit beside that of somebody new; a phone has no more people (0024_phones.sql). */
const peopleMax = 8;

const noticeTexts = {
  done: 'main.lastPaymentDone',
  failed: 'main.lastPaymentFailed',
  checking: 'main.lastPaymentChecking',
} as const;

/** R2: who holds no account can only open one, and sell at another's till. */
function optionsOf({ caller }: Context): readonly Option[] {
  const offered = caller?.maySell === true ? sellers : [];
  if (caller?.accountCount === 0) {
    return [...everybody.filter(({ pick }) => pick === 'accounts' || pick === 'settings'), ...offered];
  }
  return [...everybody, ...(caller?.role === 'agent' ? agents : []), ...offered];
}

function homeText({ caller }: Context): TextKey {
  if (caller?.notice) return noticeTexts[caller.notice.state];
  return caller && caller.accountCount > 1 ? 'main.homeAccount' : 'main.home';
}

function homeValues({ caller }: Context): Values {
  if (!caller) return {};
  const { notice } = caller;
  if (!notice) return { name: name(caller.firstName), account: name(caller.accountName) };
  const amount = money(notice.amountMinor, caller.currency);
  return { amount, payee: name(notice.payee), reference: notice.reference };
}

const tree = setup({
  types: treeTypes<Context, { msisdn: string; customerId: string }>(),
  actors: {
    /** Refusals: `unregistered` when the number belongs to nobody. */
    greet: port<{ msisdn: string; customerId: string }, Greeting>(),
    /** The phone's default person first. */
    peopleOf: port<{ msisdn: string }, Sharer[]>(),
    noticeSeen: port<{ paymentId: string }, void>(),
  },
  actions: {
    tell: emit(toldOf),
    choose: assign({
      next: ({ context, event }) => ({
        open: event.type === 'PICK' ? event.option : 'main',
        input: { ...context.caller },
      }),
    }),
  },
});

export const main = tree.createMachine({
  id: 'main',
  initial: 'looking',
  context: ({ input }) => ({ ...input, people: [], next: { close: true } }),
  output: ({ context }) => context.next,
  states: {
    looking: {
      tags: 'busy',
      invoke: {
        src: 'peopleOf',
        input: ({ context }) => ({ msisdn: context.msisdn }),
        onDone: [
          {
            guard: ({ context, event }) =>
              event.output.length > 1 && !event.output.some(({ customerId }) => customerId === context.customerId),
            target: 'whose',
            actions: assign({ people: ({ event }) => event.output }),
          },
          {
            target: 'greeting',
            actions: assign({
              customerId: ({ context, event }) =>
                event.output.length > 1 ? context.customerId : (event.output[0]?.customerId ?? ''),
            }),
          },
        ],
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    // R44: nobody is taken for somebody else; a number dialled ahead stops here.
    whose: {
      meta: {
        text: 'main.whose',
        options: ({ people }) => [
          ...people.slice(0, peopleMax).map((person, index) => ({
            no: index + 1,
            pick: person.customerId,
            text: 'main.person' as const,
            values: { name: name(person.name) },
          })),
          { no: 9, pick: 'another', text: 'main.anotherPerson' },
        ],
        attention: () => true,
      },
      on: {
        PICK: [
          {
            guard: ({ event }) => event.option === 'another',
            target: 'leaving',
            actions: assign({
              next: ({ context }) => ({ open: 'share-phone', input: { msisdn: context.msisdn } }),
            }),
          },
          { target: 'greeting', actions: assign({ customerId: ({ event }) => event.option }) },
        ],
      },
    },
    greeting: {
      tags: 'busy',
      invoke: {
        src: 'greet',
        input: ({ context: { msisdn, customerId } }) => ({ msisdn, customerId }),
        onDone: [
          {
            guard: ({ event }) => event.output.pinReset === true,
            target: 'newPinOffer',
            actions: [
              assign({ caller: ({ event }) => event.output }),
              emit(({ event }) => ({ type: 'language', language: event.output.language })),
              emit(({ event }) => ({ type: 'person', personId: event.output.customerId })),
            ],
          },
          {
            target: 'home',
            actions: [
              assign({ caller: ({ event }) => event.output }),
              emit(({ event }) => ({ type: 'language', language: event.output.language })),
              emit(({ event }) => ({ type: 'person', personId: event.output.customerId })),
            ],
          },
        ],
        onError: [
          {
            guard: ({ event }) => refusedFor(event, 'unregistered'),
            target: 'leaving',
            actions: assign({
              next: ({ context }) => ({ open: 'signup', input: { msisdn: context.msisdn, letIn: '' } }),
            }),
          },
          { target: 'unavailable', actions: 'tell' },
        ],
      },
    },
    newPinOffer: {
      meta: {
        text: 'main.pinReset',
        options: () => [
          { no: 1, pick: 'pin-reset', text: 'main.setPin' },
          { no: 2, pick: 'home', text: 'main.goOn' },
        ],
        attention: () => true,
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'home', target: 'home' },
          { target: 'leaving', actions: 'choose' },
        ],
      },
    },
    home: {
      meta: {
        text: homeText,
        values: homeValues,
        options: optionsOf,
        attention: ({ caller }) => caller?.notice !== undefined,
      },
      on: {
        PICK: [
          {
            guard: ({ context }) => context.caller?.notice?.paymentId !== undefined,
            target: 'noted',
            actions: 'choose',
          },
          { target: 'leaving', actions: 'choose' },
        ],
      },
    },
    noted: {
      tags: 'busy',
      invoke: {
        src: 'noticeSeen',
        input: ({ context }) => ({ paymentId: context.caller?.notice?.paymentId ?? '' }),
        onDone: 'leaving',
        onError: 'leaving', // whether it was noted or not, the caller goes on
      },
    },
    leaving: { type: 'final' },
    unavailable: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
