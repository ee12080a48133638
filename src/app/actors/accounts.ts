import type { Account, AccountInfo, Change } from '../../../menus/accounts';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { labelOf, serve } from './serve';

export function accountsActors(services: Services) {
  const { db, accounts } = services;
  return {
    listAccounts: serve(async ({ customerId }: { customerId: string }) => {
      const held = await accounts.of(db, customerId);
      const current = await accounts.currentOf(db, customerId);
      const shown = held.map(async (account): Promise<Account> => {
        const { accountId, isPrimary, rank, purpose } = account;
        return {
          ...{ accountId, isPrimary },
          name: await labelOf(services, account, customerId),
          mayManage: rank !== 'viewer',
          isCommission: purpose === 'commission',
        };
      });
      return { accounts: await Promise.all(shown), currentId: current?.accountId ?? '' };
    }),
    switchAccount: serve(async (input: { customerId: string; accountId: string }) => {
      unwrap(await accounts.switchTo(input));
    }),
    accountInfo: serve(async (input: { customerId: string; accountId: string }): Promise<AccountInfo> => {
      const { account, holders, invited } = unwrap(await accounts.info(input));
      return {
        isPrimary: account.isPrimary,
        holders: holders.map(({ name, rank }) => ({ name, rank })),
        invited,
      };
    }),
    newAccountNumber: serve<void, string>(() => accounts.newNumber()),
    changeAccount: serve(async ({ act, ...input }: Change) => {
      const acts = {
        add: () => accounts.open(input),
        rename: () => accounts.rename(input),
        primary: () => accounts.makePrimary(input),
        close: () => accounts.close(input),
      };
      unwrap(await acts[act]());
    }),
  };
}
