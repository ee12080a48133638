import type { AccountBalance } from '../../../menus/balance';
import { accountNameOf, longest, type Person } from '../longest';
import type { Samples } from './sample';

const { amountMinor } = longest;
const accountOf =
  (person: Person) =>
  (kind: AccountBalance['kind'], heldMinor: string): AccountBalance => ({
    kind,
    name: accountNameOf(person),
    availableMinor: amountMinor,
    heldMinor,
  });

export const balance: Samples = {
  answers: (person) => {
    const account = accountOf(person);
    return {
      balances: [
        [account('float', amountMinor), account('commission', amountMinor)],
        [account('main', amountMinor)],
        [account('main', '0')],
        [account('named', amountMinor), account('named', '0'), account('named', '0')],
      ],
    };
  },
};
