import { assign, emit, setup } from 'xstate';
import { type Caller, type Line, money, name, pinAgain, port, secretOf, toldOf, treeTypes } from '../src/ussd/screen';

/** What the caller has, after the PIN: other people hold this phone too. */
interface Context {
  caller: Caller;
  accounts: readonly AccountBalance[];
}
export interface AccountBalance {
  /** `named`: one of several. */
  readonly kind: 'main' | 'float' | 'commission' | 'named';
  readonly name: string;
  /** Minor units as decimal strings: what can be spent, and what is held for open requests. */
  readonly availableMinor: string;
  readonly heldMinor: string;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`. */
    balances: port<{ customerId: string; pin: string; hopKey: string }, AccountBalance[]>(),
  },
  actions: { tell: emit(toldOf) },
});

function linesOf({ accounts, caller: { currency } }: Context): Line[] {
  return accounts.flatMap(({ kind, name: called, availableMinor, heldMinor }): Line[] => [
    { text: `balance.${kind}`, values: { name: name(called), amount: money(availableMinor, currency) } },
    ...(heldMinor === '0' ? [] : [{ text: 'balance.held' as const, values: { amount: money(heldMinor, currency) } }]),
  ]);
}

export const balance = tree.createMachine({
  id: 'balance',
  initial: 'pin',
  context: ({ input }) => ({ caller: input, accounts: [] }),
  states: {
    pin: {
      meta: { text: 'balance.pin', input: 'pin', secret: true },
      on: { ANSWER: 'checking' },
    },
    checking: {
      tags: 'busy',
      invoke: {
        src: 'balances',
        input: ({ context, event }) => ({ customerId: context.caller.customerId, ...secretOf(event) }),
        onDone: [
          {
            guard: ({ event }) => event.output.length > 2,
            target: 'listed',
            actions: assign({ accounts: ({ event }) => event.output }),
          },
          { target: 'shown', actions: assign({ accounts: ({ event }) => event.output }) },
        ],
        onError: [pinAgain('pin'), { target: 'refused', actions: 'tell' }],
      },
    },
    // More than a last screen holds: this one pages.
    listed: { meta: { text: 'balance.title', lines: linesOf } },
    shown: { type: 'final', meta: { text: 'balance.title', lines: linesOf } },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
