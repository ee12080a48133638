import type { ShopCode, ShopQuote } from '../../../menus/shop-code';
import { formatDateTime } from '../../platform';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { codeActors } from './agents';
import { quoteShown } from './payment';
import { serve } from './serve';

export function shopCodeActors({ agents, counter, market }: Services) {
  return {
    heldCode: serve(async ({ customerId }: { customerId: string }): Promise<ShopCode | undefined> => {
      const held = await agents.codeOf(customerId, 'purchase');
      if (!held) return undefined;
      const { paymentId, amountMinor, feeMinor, expiresAt } = held.payment;
      return {
        ...{ paymentId, amountMinor: amountMinor.toString(), feeMinor: feeMinor.toString() },
        until: expiresAt ? formatDateTime(expiresAt, market) : '',
      };
    }),
    quote: serve(
      async ({
        amountMinor,
        ...who
      }: {
        customerId: string;
        accountId: string;
        amountMinor: string;
      }): Promise<ShopQuote> =>
        quoteShown(unwrap(await counter.quoteCode({ ...who, at: 'shop', amountMinor: BigInt(amountMinor) }))),
    ),
    ...codeActors({ agents, market }),
  };
}
