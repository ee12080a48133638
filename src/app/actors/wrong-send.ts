import type { Returned } from '../../../menus/wrong-send';
import { formatDateTime } from '../../platform';
import type { WrongSendReason } from '../../redress';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function wrongSendActors({ redress, market }: Services) {
  return {
    recentSends: serve(async ({ customerId }: { customerId: string }) =>
      (await redress.recentSends(customerId)).map(({ payment: { paymentId, amountMinor }, name, provider }) => ({
        paymentId,
        name,
        provider,
        amountMinor: amountMinor.toString(),
      })),
    ),
    askBack: serve(async ({ reason, ...input }: PinHop & { paymentId: string; reason: string }): Promise<Returned> => {
      const asked = unwrap(await redress.requestReturn({ ...input, reason: reason as WrongSendReason }));
      return {
        number: asked.number,
        amountMinor: asked.amountMinor.toString(),
        heldMinor: asked.heldMinor.toString(),
        provider: asked.provider,
        date: formatDateTime(asked.dueAt, market),
      };
    }),
  };
}
