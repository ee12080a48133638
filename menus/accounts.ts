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

/** The accounts that the caller holds: which one they work with, and what becomes of it. */
interface Context {
  caller: Caller;
  accounts: readonly Account[];
  /** The one that they work with; absent while they hold none. */
  current: Account | undefined;
  info: AccountInfo;
  /** What the PIN is asked for. */
  act: Act;
  /** The number of an account that is to be opened, drawn before the PIN is asked. */
  accountId: string;
  name: string;
  isPrimary: boolean;
  next: Next;
}
type Act = 'add' | 'rename' | 'primary' | 'close';
export interface Account {
  readonly accountId: string;
  readonly name: string;
  readonly isPrimary: boolean;
  /** Owners and signatories manage; whoever only looks on does not (R36). */
  readonly mayManage: boolean;
  /** Closed by nobody, and nobody else's to hold (R67). */
  readonly isCommission: boolean;
}
export interface AccountInfo {
  readonly isPrimary: boolean;
  readonly holders: readonly { readonly name: string; readonly rank: 'owner' | 'signatory' | 'viewer' }[];
  readonly invited: readonly { readonly msisdn: string; readonly rank: 'signatory' | 'viewer' }[];
}
export interface Change {
  readonly act: Act;
  readonly customerId: string;
  readonly accountId: string;
  readonly name: string;
  readonly isPrimary: boolean;
  readonly pin: string;
  readonly hopKey: string;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    listAccounts: port<{ customerId: string }, { accounts: Account[]; currentId: string }>(),
    /** Refusals: `account_gone`. */
    switchAccount: port<{ customerId: string; accountId: string }, void>(),
    /** Refusals: `account_gone`. */
    accountInfo: port<{ customerId: string; accountId: string }, AccountInfo>(),
    newAccountNumber: port<void, string>(),
    /** Refusals: the PIN's, and why an account can't be changed. */
    changeAccount: port<Change, void>(),
  },
  actions: { tell: emit(toldOf) },
});

/** What was chosen or looked at before is over when the list is read anew. */
const nothing: Pick<Context, 'act' | 'accountId' | 'name' | 'isPrimary' | 'info'> = {
  ...{ act: 'add', accountId: '', name: '', isPrimary: false },
  info: { isPrimary: false, holders: [], invited: [] },
};

const add: Option = { no: 2, pick: 'add', text: 'accounts.add' };

/** Numbers stay with their items; what the caller may not do is not offered, and refused where it is asked for. */
function menuOf({ current }: Context): Option[] {
  if (!current) return [add];
  const manages = current.mayManage && !current.isCommission;
  return [
    { no: 1, pick: 'switch', text: 'accounts.switch' },
    ...(current.mayManage ? [add] : []),
    { no: 3, pick: 'info', text: 'accounts.info' },
    ...(manages
      ? ([
          { no: 4, pick: 'rename', text: 'accounts.rename' },
          { no: 5, pick: 'primary', text: 'accounts.makePrimary' },
          { no: 6, pick: 'close', text: 'accounts.close' },
          { no: 7, pick: 'holders', text: 'accounts.holders' },
          { no: 8, pick: 'move-money', text: 'accounts.move' },
        ] as const)
      : []),
  ];
}

const confirmTexts = {
  add: 'accounts.confirmAdd',
  rename: 'accounts.confirmRename',
  primary: 'accounts.confirmPrimary',
  close: 'accounts.confirmClose',
} as const satisfies Record<Act, TextKey>;
const doneTexts = {
  add: 'accounts.added',
  rename: 'accounts.renamed',
  primary: 'accounts.primaryMade',
  close: 'accounts.closed',
} as const satisfies Record<Act, TextKey>;

/** The account that the PIN is about, and the name that it is to have. */
function actValues({ act, current, name: chosen }: Context): Values {
  const account = act === 'add' ? chosen : (current?.name ?? '');
  return { account: name(account), name: name(chosen) };
}

export const accounts = tree.createMachine({
  id: 'accounts',
  initial: 'listing',
  context: ({ input }) => ({
    caller: input,
    ...nothing,
    accounts: [],
    current: undefined,
    next: { home: true },
  }),
  output: ({ context }) => context.next,
  states: {
    listing: {
      tags: 'busy',
      invoke: {
        src: 'listAccounts',
        input: ({ context }) => ({ customerId: context.caller.customerId }),
        onDone: {
          target: 'menu',
          actions: assign(({ event: { output } }) => {
            const current = output.accounts.find(({ accountId }) => accountId === output.currentId);
            return { ...nothing, accounts: output.accounts, current };
          }),
        },
        onError: { target: 'refused', actions: 'tell' },
      },
    },
    menu: {
      meta: {
        text: ({ current }) => (current ? 'accounts.menu' : 'accounts.none'),
        values: ({ current }) => ({ account: name(current?.name ?? '') }),
        options: menuOf,
      },
      on: {
        PICK: [
          {
            guard: ({ context, event }) => event.option === 'switch' && context.accounts.length < 2,
            target: 'menu',
            actions: emit({ type: 'problem', text: 'accounts.noOther' }),
          },
          { guard: ({ event }) => event.option === 'switch', target: 'others' },
          { guard: ({ event }) => event.option === 'info', target: 'informing' },
          { guard: ({ event }) => event.option === 'add', target: 'newName', actions: assign({ act: 'add' }) },
          { guard: ({ event }) => event.option === 'rename', target: 'newName', actions: assign({ act: 'rename' }) },
          {
            guard: ({ event }) => event.option === 'holders' || event.option === 'move-money',
            target: 'leaving',
            actions: assign({
              next: ({ context: { caller, current }, event }): Next => ({
                open: event.option,
                input: { ...caller, accountId: current?.accountId ?? '', accountName: current?.name ?? '' },
              }),
            }),
          },
          { guard: ({ event }) => event.option === 'primary', target: 'pin', actions: assign({ act: 'primary' }) },
          { target: 'pin', actions: assign({ act: 'close' }) },
        ],
      },
    },
    others: {
      meta: {
        text: 'accounts.choose',
        options: ({ accounts: list }) =>
          list.map((account, index) => ({
            no: index + 1,
            pick: account.accountId,
            text: account.isPrimary ? 'accounts.itemPrimary' : 'accounts.item',
            values: { account: name(account.name) },
          })),
        commits: true,
      },
      on: {
        PICK: {
          target: 'switching',
          actions: assign({
            accountId: ({ event }) => event.option,
            name: ({ context, event }) =>
              context.accounts.find(({ accountId }) => accountId === event.option)?.name ?? '',
          }),
        },
      },
    },
    // Switching again changes nothing, so late work needs no parking.
    switching: {
      tags: 'busy',
      invoke: {
        src: 'switchAccount',
        input: ({ context: { caller, accountId } }) => ({ customerId: caller.customerId, accountId }),
        onDone: 'switched',
        onError: { target: 'listing', actions: 'tell' },
      },
    },
    switched: {
      type: 'final',
      meta: { text: 'accounts.switched', values: (context) => ({ account: name(context.name) }) },
    },
    informing: {
      tags: 'busy',
      invoke: {
        src: 'accountInfo',
        input: ({ context: { caller, current } }) => ({
          customerId: caller.customerId,
          accountId: current?.accountId ?? '',
        }),
        onDone: { target: 'informed', actions: assign({ info: ({ event }) => event.output }) },
        onError: { target: 'listing', actions: 'tell' },
      },
    },
    informed: {
      meta: {
        text: ({ info }) => (info.isPrimary ? 'accounts.titlePrimary' : 'accounts.title'),
        values: ({ current }) => ({ account: name(current?.name ?? '') }),
        lines: ({ info }) => [
          ...info.holders.map((holder) => ({
            text: `accounts.${holder.rank}` as const,
            values: { name: name(holder.name) },
          })),
          ...info.invited.map(({ msisdn }) => ({ text: 'accounts.invited' as const, values: { msisdn } })),
        ],
        options: () => [{ no: 1, pick: 'back', text: 'accounts.back' }],
      },
      on: { PICK: 'listing' },
    },
    newName: {
      meta: {
        text: ({ act }) => (act === 'add' ? 'accounts.newName' : 'accounts.otherName'),
        values: ({ current }) => ({ account: name(current?.name ?? '') }),
        input: 'accountName',
      },
      on: {
        ANSWER: [
          {
            guard: ({ context }) => context.act === 'rename',
            target: 'pin',
            actions: assign({ name: ({ event }) => event.value }),
          },
          {
            guard: ({ context }) => context.accounts.length === 0,
            target: 'drawing',
            actions: assign({ name: ({ event }) => event.value, isPrimary: true }),
          },
          { target: 'primary', actions: assign({ name: ({ event }) => event.value }) },
        ],
      },
    },
    primary: {
      meta: {
        text: 'accounts.askPrimary',
        values: (context) => ({ account: name(context.name) }),
        options: () => [
          { no: 1, pick: 'yes', text: 'accounts.yes' },
          { no: 2, pick: 'no', text: 'accounts.no' },
        ],
      },
      on: { PICK: { target: 'drawing', actions: assign({ isPrimary: ({ event }) => event.option === 'yes' }) } },
    },
    drawing: {
      tags: 'busy',
      invoke: {
        src: 'newAccountNumber',
        onDone: { target: 'pin', actions: assign({ accountId: ({ event }) => event.output }) },
        onError: { target: 'listing', actions: 'tell' },
      },
    },
    pin: {
      meta: {
        text: ({ act }) => confirmTexts[act],
        values: actValues,
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'changing' },
    },
    changing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'changeAccount',
        input: ({ context: { act, caller, current, ...context }, event }) => ({
          act,
          customerId: caller.customerId,
          accountId: act === 'add' ? context.accountId : (current?.accountId ?? ''),
          ...{ name: context.name, isPrimary: context.isPrimary },
          ...secretOf(event),
        }),
        onDone: 'done',
        onError: [pinAgain('pin'), refusedTo('refused', 'pin_locked'), { target: 'listing', actions: 'tell' }],
      },
    },
    done: {
      type: 'final',
      meta: { text: ({ act }) => doneTexts[act], values: actValues, tells: 'receipt' },
    },
    leaving: { type: 'final' },
    refused: {
      type: 'final',
      meta: { text: 'kit.nothing' },
      entry: assign({ next: { close: true } }),
    },
  },
});
