import { assign, emit, setup } from 'xstate';
import { type Caller, money, name, pinAgain, port, secretOf, toldOf, treeTypes } from '../src/ussd/screen';

/** A shop's number, what was sold there today and by whom, and the people who may sell there. */
interface Context {
  caller: Caller;
  till: Till;
  person: Person;
  /** Minor units as a decimal string; empty: no limit. */
  dayMaxMinor: string;
  operatorNo: string;
}
export interface Till {
  /** Empty: the account has none. */
  readonly tillNumber: string;
  readonly dial: string;
  readonly sellers: readonly { readonly operatorNo: string; readonly name: string }[];
  /** What was paid today; `name` is empty for what buyers dialled themselves, and for the merchant's own. */
  readonly sold: readonly { readonly name: string; readonly count: number; readonly amountMinor: string }[];
}
export interface Person {
  readonly customerId: string;
  readonly name: string;
}
interface Order {
  customerId: string;
  accountId: string;
  pin: string;
  hopKey: string;
}

const noTill: Till = { tillNumber: '', dial: '', sellers: [], sold: [] };
const nobody: Person = { customerId: '', name: '' };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `not_allowed`. */
    viewTill: port<{ customerId: string; accountId: string }, Till>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `not_allowed`. */
    openTill: port<Order, Till>(),
    /** Refusals: `payee_unknown`, `not_allowed`. */
    lookupSeller: port<{ customerId: string; accountId: string; number: string }, Person>(),
    /** Refusals: as `openTill`, and `operator_known`, `operators_too_many`. */
    addSeller: port<Order & { operatorId: string; dayMaxMinor: string }, { operatorNo: string }>(),
    /** Refusals: as `openTill`, and `operator_unknown`. */
    dropSeller: port<Order & { operatorNo: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

const callerOf = ({ caller: { customerId, accountId } }: Context) => ({ customerId, accountId });

function shown({ till, person, dayMaxMinor, operatorNo, caller: { currency } }: Context) {
  const seller = till.sellers.find((one) => one.operatorNo === operatorNo);
  return {
    till: till.tillNumber,
    dial: till.dial,
    currency,
    number: operatorNo,
    name: name(seller?.name ?? person.name),
    amount: money(dayMaxMinor === '' ? '0' : dayMaxMinor, currency),
  };
}

export const till = tree.createMachine({
  id: 'till',
  initial: 'looking',
  context: ({ input }) => ({ caller: input, till: noTill, person: nobody, dayMaxMinor: '', operatorNo: '' }),
  states: {
    looking: {
      tags: 'busy',
      invoke: {
        src: 'viewTill',
        input: ({ context }) => callerOf(context),
        onDone: [
          {
            guard: ({ event }) => event.output.tillNumber === '',
            target: 'none',
            actions: assign({ till: ({ event }) => event.output }),
          },
          { target: 'menu', actions: assign({ till: ({ event }) => event.output }) },
        ],
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    none: {
      meta: { text: 'till.none', options: () => [{ no: 1, pick: 'open', text: 'till.get' }] },
      on: { PICK: 'openPin' },
    },
    openPin: {
      meta: { text: 'till.openPin', input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'opening' },
    },
    opening: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'openTill',
        input: ({ context, event }) => ({ ...callerOf(context), ...secretOf(event) }),
        onDone: { target: 'opened', actions: assign({ till: ({ event }) => event.output }) },
        onError: [pinAgain('openPin'), { target: 'unavailable', actions: 'tell' }],
      },
    },
    opened: { type: 'final', meta: { tells: 'outcome', text: 'till.opened', values: shown } },
    menu: {
      meta: {
        text: 'till.menu',
        values: shown,
        options: () => [
          { no: 1, pick: 'sold', text: 'till.sold' },
          { no: 2, pick: 'add', text: 'till.add' },
          { no: 3, pick: 'sellers', text: 'till.sellers' },
        ],
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'sold', target: 'sold' },
          { guard: ({ event }) => event.option === 'add', target: 'number' },
          { target: 'sellers' },
        ],
      },
    },
    sold: {
      meta: {
        text: ({ till: { sold } }) => (sold.length > 0 ? 'till.soldToday' : 'till.nothingSold'),
        lines: ({ till: { sold }, caller: { currency } }) =>
          sold.map(({ name: seller, count, amountMinor }) => ({
            text: seller === '' ? 'till.soldHere' : 'till.soldBy',
            values: { name: name(seller), count, amount: money(amountMinor, currency) },
          })),
      },
    },
    number: {
      meta: { text: 'till.number', input: 'person' },
      on: {
        ANSWER: { target: 'lookingUp', actions: assign({ person: ({ event }) => ({ ...nobody, name: event.value }) }) },
      },
    },
    lookingUp: {
      tags: 'busy',
      invoke: {
        src: 'lookupSeller',
        input: ({ context }) => ({ ...callerOf(context), number: context.person.name }),
        onDone: { target: 'limit', actions: assign({ person: ({ event }) => event.output }) },
        onError: { target: 'number', actions: 'tell' },
      },
    },
    limit: {
      meta: {
        text: 'till.limit',
        values: shown,
        options: () => [{ no: 1, pick: 'none', text: 'till.noLimit' }],
        input: 'amount',
      },
      on: {
        PICK: { target: 'addPin', actions: assign({ dayMaxMinor: '' }) },
        ANSWER: { target: 'addPin', actions: assign({ dayMaxMinor: ({ event }) => event.value }) },
      },
    },
    addPin: {
      meta: {
        text: ({ dayMaxMinor }) => (dayMaxMinor === '' ? 'till.addPin' : 'till.addPinLimit'),
        values: shown,
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'adding' },
    },
    adding: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'addSeller',
        input: ({ context, event }) => ({
          ...callerOf(context),
          operatorId: context.person.customerId,
          dayMaxMinor: context.dayMaxMinor,
          ...secretOf(event),
        }),
        onDone: { target: 'added', actions: assign({ operatorNo: ({ event }) => event.output.operatorNo }) },
        onError: [pinAgain('addPin'), { target: 'unavailable', actions: 'tell' }],
      },
    },
    added: { type: 'final', meta: { tells: 'outcome', text: 'till.added', values: shown } },
    sellers: {
      meta: {
        text: ({ till: { sellers } }) => (sellers.length > 0 ? 'till.sellers' : 'till.noSellers'),
        options: ({ till: { sellers } }) =>
          sellers.map((seller) => ({
            no: Number(seller.operatorNo),
            pick: seller.operatorNo,
            text: 'till.seller',
            values: { name: name(seller.name) },
          })),
      },
      on: { PICK: { target: 'dropPin', actions: assign({ operatorNo: ({ event }) => event.option }) } },
    },
    dropPin: {
      meta: { text: 'till.dropPin', values: shown, input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'dropping' },
    },
    dropping: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'dropSeller',
        input: ({ context, event }) => ({
          ...callerOf(context),
          operatorNo: context.operatorNo,
          ...secretOf(event),
        }),
        onDone: 'dropped',
        onError: [pinAgain('dropPin'), { target: 'unavailable', actions: 'tell' }],
      },
    },
    dropped: { type: 'final', meta: { tells: 'outcome', text: 'till.dropped', values: shown } },
    unavailable: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
  },
});
