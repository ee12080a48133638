import type { Account, AccountInfo } from '../../../menus/accounts';
import { accountNameOf, longest } from '../longest';
import { fullName, times, type Samples } from './sample';

export const accounts: Samples = {
  answers: (person) => {
    const name = accountNameOf(person);
    const account = (index: number, own: Partial<Account> = {}): Account => ({
      ...{ accountId: `a${index}`, name, isPrimary: index === 0, mayManage: true, isCommission: false },
      ...own,
    });
    const many = times(9, (index) => account(index));
    const info: AccountInfo = {
      isPrimary: true,
      holders: [
        { name: fullName(person), rank: 'owner' },
        { name: fullName(person), rank: 'signatory' },
        { name: fullName(person), rank: 'viewer' },
      ],
      invited: [{ msisdn: longest.msisdn, rank: 'viewer' }],
    };
    return {
      listAccounts: [
        { accounts: many, currentId: 'a0' },
        { accounts: [account(0)], currentId: 'a0' },
        { accounts: [account(0), account(1, { mayManage: false })], currentId: 'a1' },
        { accounts: [account(0), account(1, { isCommission: true })], currentId: 'a1' },
        { accounts: [], currentId: '' },
      ],
      switchAccount: [undefined],
      accountInfo: [info, { ...info, isPrimary: false }],
      newAccountNumber: ['281474976710656'],
      changeAccount: [undefined],
    };
  },
};
