import type { AccountBalance } from '../../../menus/balance';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function balanceActors({ db, identity, payments }: Services) {
  return {
    balances: serve(async (input: PinHop): Promise<AccountBalance[]> => {
      const balances = unwrap(await payments.balances(input));
      const isAgent = (await identity.byId(db, input.customerId))?.role === 'agent';
      const only = balances.filter(({ account }) => account.purpose !== 'commission').length === 1;
      return balances.map(({ account: { purpose, name }, availableMinor, heldMinor }) => ({
        kind: purpose === 'commission' ? purpose : only ? (isAgent ? 'float' : 'main') : 'named',
        name,
        availableMinor: availableMinor.toString(),
        heldMinor: heldMinor.toString(),
      }));
    }),
  };
}
