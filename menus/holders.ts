import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  name,
  type Next,
  type Option,
  pinAgain,
  port,
  refusedTo,
  secretOf,
  type TextKey,
  toldOf,
  treeTypes,
  type Values,
} from '../src/ussd/screen';

/** Who else may use an account. It is opened for an account that the caller manages; the service checks that again. */
interface Context {
  caller: Caller;
  holders: readonly Holder[];
  /** Whom it is about. */
  holderId: string;
  name: string;
  rank: Rank;
  /** The number that was typed. */
  person: string;
  act: Act;
  next: Next;
}
type Act = 'add' | 'invite' | 'rank' | 'remove';
type Rank = 'signatory' | 'viewer';
export interface Holder {
  readonly holderId: string;
  readonly name: string;
  readonly rank: 'owner' | Rank;
}
export interface HolderChange {
  readonly act: Act;
  readonly customerId: string;
  readonly accountId: string;
  readonly holderId: string;
  /** E.164 or a user number. */
  readonly person: string;
  readonly rank: Rank;
  readonly pin: string;
  readonly hopKey: string;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `account_gone`. */
    listHolders: port<{ customerId: string; accountId: string }, Holder[]>(),
    /** The name; empty for a phone on which nobody is known. Refusals: `person_unknown`. */
    findPerson: port<{ person: string }, { name: string }>(),
    /** Refusals: the PIN's, and why an account can't be changed. */
    changeHolder: port<HolderChange, void>(),
  },
  actions: { tell: emit(toldOf) },
});

/** Whom it was about is over when the list is read anew. */
const nobody: Pick<Context, 'holderId' | 'name' | 'rank' | 'person' | 'act'> = {
  ...{ holderId: '', name: '', rank: 'viewer', person: '', act: 'add' },
};

const rankOptions: readonly Option[] = [
  { no: 1, pick: 'signatory', text: 'holders.signatory' },
  { no: 2, pick: 'viewer', text: 'holders.viewer' },
];

const itemTexts = {
  owner: 'holders.itemOwner',
  signatory: 'holders.itemSignatory',
  viewer: 'holders.itemViewer',
} as const satisfies Record<Holder['rank'], TextKey>;

function listOf({ holders: list }: Context): Option[] {
  const items = list.map(({ holderId, rank, ...holder }, index) => ({
    no: index + 1,
    pick: holderId,
    text: itemTexts[rank],
    values: { name: name(holder.name) },
  }));
  return [...items, { no: 9, pick: 'add', text: 'holders.add' }];
}

function confirmText({ act, rank }: Context): TextKey {
  if (act === 'remove') return 'holders.confirmRemove';
  return rank === 'signatory' ? 'holders.confirmSignatory' : 'holders.confirmViewer';
}
const doneTexts = {
  add: 'holders.added',
  invite: 'holders.invited',
  rank: 'holders.ranked',
  remove: 'holders.removed',
} as const satisfies Record<Act, TextKey>;

/** A number is shown whole, a name as there is room. */
function valuesOf({ caller, act, ...context }: Context): Values {
  return { account: name(caller.accountName), name: act === 'invite' ? context.person : name(context.name) };
}

export const holders = tree.createMachine({
  id: 'holders',
  initial: 'listing',
  context: ({ input }) => ({
    caller: input,
    holders: [],
    ...nobody,
    next: { home: true },
  }),
  output: ({ context }) => context.next,
  states: {
    listing: {
      tags: 'busy',
      invoke: {
        src: 'listHolders',
        input: ({ context: { caller } }) => ({ customerId: caller.customerId, accountId: caller.accountId }),
        onDone: { target: 'list', actions: assign(({ event }) => ({ ...nobody, holders: event.output })) },
        onError: { target: 'refused', actions: 'tell' },
      },
    },
    list: {
      meta: { text: 'holders.list', values: valuesOf, options: listOf },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'add', target: 'person' },
          {
            target: 'holder',
            actions: assign(({ context, event }) => {
              const chosen = context.holders.find(({ holderId }) => holderId === event.option);
              return { holderId: event.option, name: chosen?.name ?? '' };
            }),
          },
        ],
      },
    },
    holder: {
      meta: {
        text: 'holders.holder',
        values: valuesOf,
        options: () => [...rankOptions, { no: 3, pick: 'remove', text: 'holders.remove' }],
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'remove', target: 'pin', actions: assign({ act: 'remove' }) },
          { target: 'pin', actions: assign({ act: 'rank', rank: ({ event }) => event.option as Rank }) },
        ],
      },
    },
    person: {
      meta: { text: 'holders.person', input: 'person' },
      on: { ANSWER: { target: 'finding', actions: assign({ person: ({ event }) => event.value }) } },
    },
    finding: {
      tags: 'busy',
      invoke: {
        src: 'findPerson',
        input: ({ context }) => ({ person: context.person }),
        onDone: {
          target: 'rank',
          actions: assign({
            name: ({ context, event }) => event.output.name || context.person,
            act: ({ event }) => (event.output.name === '' ? 'invite' : 'add'),
          }),
        },
        onError: { target: 'person', actions: 'tell' },
      },
    },
    rank: {
      meta: {
        text: ({ act }) => (act === 'invite' ? 'holders.rankInvited' : 'holders.rank'),
        values: valuesOf,
        options: () => rankOptions,
      },
      on: { PICK: { target: 'pin', actions: assign({ rank: ({ event }) => event.option as Rank }) } },
    },
    pin: {
      meta: { text: confirmText, values: valuesOf, input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'changing' },
    },
    changing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'changeHolder',
        input: ({ context: { caller, act, holderId, person, rank }, event }) => ({
          ...{ act, holderId, person, rank },
          ...{ customerId: caller.customerId, accountId: caller.accountId },
          ...secretOf(event),
        }),
        onDone: 'done',
        onError: [pinAgain('pin'), refusedTo('refused', 'pin_locked'), { target: 'listing', actions: 'tell' }],
      },
    },
    done: {
      type: 'final',
      meta: { text: ({ act }) => doneTexts[act], values: valuesOf, tells: 'receipt' },
    },
    refused: { type: 'final', meta: { text: 'kit.nothing' }, entry: assign({ next: { close: true } }) },
  },
});
