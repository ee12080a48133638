import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  name,
  notDone,
  pinAgain,
  port,
  secretOf,
  toldOf,
  treeTypes,
  type Values,
} from '../src/ussd/screen';

/** Somebody says that money came to the caller by mistake: give back what is on hold, or say that it is one's own. */
interface Context {
  caller: Caller;
  claim: WrongSendClaim;
  reference: string;
}
export interface WrongSendClaim {
  readonly caseId: string;
  /** Who sent it. */
  readonly name: string;
  /** Minor units as decimal strings: what was sent, and what of it is on hold. */
  readonly amountMinor: string;
  readonly heldMinor: string;
}
interface Answer {
  customerId: string;
  caseId: string;
  pin: string;
  hopKey: string;
}

const tree = setup({
  types: treeTypes<Context, Caller & { claim: WrongSendClaim }>(),
  actors: {
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `case_gone`. */
    giveBack: port<Answer, { reference: string }>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `case_gone`. */
    keep: port<Answer, void>(),
  },
  actions: { tell: emit(toldOf) },
});

function valuesOf({ claim, caller: { currency } }: Context): Values {
  const { amountMinor, heldMinor } = claim;
  return { name: name(claim.name), amount: money(amountMinor, currency), held: money(heldMinor, currency) };
}

export const claim = tree.createMachine({
  id: 'claim',
  initial: 'claimed',
  context: ({ input: { claim: claimed, ...caller } }) => ({ caller, claim: claimed, reference: '' }),
  states: {
    claimed: {
      meta: {
        text: 'claim.claimed',
        values: valuesOf,
        options: () => [
          { no: 1, pick: 'giveBack', text: 'claim.giveBack' },
          { no: 2, pick: 'keep', text: 'claim.keep' },
        ],
      },
      on: {
        PICK: [{ guard: ({ event }) => event.option === 'giveBack', target: 'confirm' }, { target: 'confirmKeep' }],
      },
    },
    confirm: {
      meta: { text: 'claim.confirm', values: valuesOf, input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'givingBack' },
    },
    givingBack: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'giveBack',
        input: ({ context: { caller, claim: claimed }, event }) => ({
          customerId: caller.customerId,
          caseId: claimed.caseId,
          ...secretOf(event),
        }),
        onDone: { target: 'givenBack', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [pinAgain('confirm'), ...notDone],
      },
    },
    givenBack: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'claim.givenBack',
        values: (context) => ({ ...valuesOf(context), reference: context.reference }),
      },
    },
    confirmKeep: {
      meta: { text: 'claim.confirmKeep', values: valuesOf, input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'keeping' },
    },
    keeping: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'keep',
        input: ({ context: { caller, claim: claimed }, event }) => ({
          customerId: caller.customerId,
          caseId: claimed.caseId,
          ...secretOf(event),
        }),
        onDone: 'kept',
        onError: [pinAgain('confirmKeep'), ...notDone],
      },
    },
    kept: { type: 'final', meta: { tells: 'outcome', text: 'claim.kept' } },
    // Decided meanwhile, this way or that: what moved then is not said here.
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
