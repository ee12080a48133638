import type { AccountBalance } from '../../../menus/balance';
import { longest } from '../longest';
import type { Samples } from './sample';

const { amountMinor } = longest;
const account = (kind: AccountBalance['kind'], heldMinor: string): AccountBalance => ({
  kind,
  name: longest.accountName,
  availableMinor: amountMinor,
  heldMinor,
});

export const balance: Samples = {
  answers: () => ({
    balances: [
      [account('float', amountMinor), account('commission', amountMinor)],
      [account('main', amountMinor)],
      [account('main', '0')],
      [account('named', amountMinor), account('named', '0'), account('named', '0')],
    ],
  }),
};
