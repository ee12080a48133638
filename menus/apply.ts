import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  name,
  pinAgain,
  port,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
  type Values,
} from '../src/ussd/screen';

/** A customer asks to become an agent or a merchant; the staff decide, and answer by SMS. */
interface Context {
  caller: Caller;
  wants: 'agent' | 'merchant';
  businessName: string;
  nationalId: string;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `id_mismatch`, `application_open`, `application_needless`. */
    apply: port<
      {
        customerId: string;
        wants: 'agent' | 'merchant';
        businessName: string;
        nationalId: string;
        pin: string;
        hopKey: string;
      },
      void
    >(),
  },
  actions: { tell: emit(toldOf) },
});

const business = ({ businessName }: Context): Values => ({ business: name(businessName) });

export const apply = tree.createMachine({
  id: 'apply',
  initial: 'menu',
  context: ({ input }) => ({ caller: input, wants: 'agent', businessName: '', nationalId: '' }),
  states: {
    menu: {
      meta: {
        text: 'apply.menu',
        options: () => [
          { no: 1, pick: 'agent', text: 'apply.agent' },
          { no: 2, pick: 'merchant', text: 'apply.merchant' },
        ],
      },
      on: {
        PICK: {
          target: 'business',
          actions: assign({ wants: ({ event }) => (event.option === 'agent' ? 'agent' : 'merchant') }),
        },
      },
    },
    business: {
      meta: { text: 'apply.business', input: 'accountName' },
      on: { ANSWER: { target: 'nationalId', actions: assign({ businessName: ({ event }) => event.value }) } },
    },
    nationalId: {
      meta: { text: 'apply.nationalId', input: 'nationalId' },
      on: { ANSWER: { target: 'confirm', actions: assign({ nationalId: ({ event }) => event.value }) } },
    },
    confirm: {
      meta: {
        text: ({ wants }: Context) => (wants === 'agent' ? 'apply.confirmAgent' : 'apply.confirmMerchant'),
        values: business,
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'applying' },
    },
    applying: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'apply',
        input: ({ context: { caller, wants, businessName, nationalId }, event }) => ({
          ...{ customerId: caller.customerId, wants, businessName, nationalId },
          ...secretOf(event),
        }),
        onDone: 'applied',
        onError: [pinAgain('confirm'), refusedTo('nationalId', 'id_mismatch'), { target: 'refused', actions: 'tell' }],
      },
    },
    applied: { type: 'final', meta: { tells: 'receipt', text: 'apply.applied' } },
    refused: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
