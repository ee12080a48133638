import type { OwnQuote, Target } from '../../../menus/move-money';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function moveMoneyActors({ db, accounts, payments }: Services) {
  return {
    listTargets: serve(
      async ({ customerId, accountId }: { customerId: string; accountId: string }): Promise<Target[]> =>
        (await accounts.of(db, customerId))
          .filter((one) => one.ownerId === customerId && one.purpose === 'main' && one.accountId !== accountId)
          .map(({ accountId, name }) => ({ accountId, name })),
    ),
    quote: serve(
      async (input: {
        customerId: string;
        accountId: string;
        toAccountId: string;
        amountMinor: string;
      }): Promise<OwnQuote> => {
        const { customerId: initiatorId, accountId, toAccountId } = input;
        const to = { accountId: toAccountId };
        const request = { product: 'own', initiatorId, accountId, to, amountMinor: BigInt(input.amountMinor) } as const;
        const { quoteId, amountMinor, feeMinor } = unwrap(await payments.quote(request));
        return { quoteId, amountMinor: amountMinor.toString(), feeMinor: feeMinor.toString() };
      },
    ),
    submit: serve(async (input: PinHop & { quoteId: string }) => {
      const { reference } = unwrap(await payments.submit(input));
      return { reference };
    }),
  };
}
