import { assign, setup } from 'xstate';
import { treeTypes, type Next, type TextKey } from '../src/ussd/screen';

/** The last call was cut in the middle of something: go on there, or start over? */
interface Context {
  where: string;
  next: Next;
}

/** What the person was doing, as the main menu calls it. */
const services: Readonly<Record<string, TextKey>> = {
  'send-money': 'main.sendMoney',
  pending: 'main.pending',
  balance: 'main.balance',
  statement: 'main.statement',
  accounts: 'main.accounts',
  holders: 'main.accounts',
  settings: 'main.settings',
  phones: 'settings.phones',
  'share-phone': 'settings.phones',
  signup: 'settings.phones',
  'join-phone': 'settings.phones',
  'phone-request': 'main.pending',
  'wrong-send': 'settings.wrongSend',
  claim: 'main.pending',
  cases: 'settings.cases',
  'cash-in': 'main.cashIn',
  'cash-out': 'main.cashOut',
  'cash-out-code': 'main.cashOut',
  counter: 'main.cashOut',
  withdraw: 'main.withdraw',
  'agent-desk': 'main.agentDesk',
  'agent-float': 'main.agentDesk',
  'sell-goods': 'main.sellGoods',
  invoices: 'main.invoices',
  till: 'invoices.till',
  pay: 'main.pay',
  'shop-code': 'main.pay',
  apply: 'settings.apply',
  'close-profile': 'settings.closeProfile',
  'move-money': 'accounts.move',
  'pin-reset': 'main.setPin',
  'new-pin': 'main.setPin',
};

const tree = setup({ types: treeTypes<Context, { where: string }>() });

export const resume = tree.createMachine({
  id: 'resume',
  initial: 'offer',
  context: ({ input }) => ({ ...input, next: { close: true } }),
  output: ({ context }) => context.next,
  states: {
    offer: {
      meta: {
        text: 'resume.offer',
        values: ({ where }) => ({ where: { text: services[where] ?? 'resume.menu' } }),
        options: () => [
          { no: 1, pick: 'goOn', text: 'resume.goOn' },
          { no: 2, pick: 'startOver', text: 'resume.startOver' },
        ],
      },
      on: {
        PICK: {
          target: 'chosen',
          actions: assign({
            next: ({ event }): Next => (event.option === 'goOn' ? { resume: true } : { startOver: true }),
          }),
        },
      },
    },
    chosen: { type: 'final' },
  },
});
