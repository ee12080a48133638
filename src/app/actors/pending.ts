import { fullName } from '../../identity';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve } from './serve';

export function pendingActors({ payments }: Services) {
  return {
    listPending: serve(async ({ customerId }: { customerId: string }) =>
      (await payments.pendingRequests(customerId)).map(({ payment: { paymentId, amountMinor, feeMinor }, other }) => ({
        paymentId,
        name: other ? fullName(other) : '',
        amountMinor: amountMinor.toString(),
        feeMinor: feeMinor.toString(),
        totalMinor: (amountMinor + feeMinor).toString(),
      })),
    ),
    approve: serve(async (input: { customerId: string; paymentId: string; pin: string; hopKey: string }) => {
      const { reference } = unwrap(await payments.approve(input));
      return { reference };
    }),
    reject: serve(async (input: { customerId: string; paymentId: string; hopKey: string }) => {
      unwrap(await payments.reject(input));
    }),
  };
}
