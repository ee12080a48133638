import { fullName } from '../../identity';
import { parseMsisdn, type Msisdn } from '../../platform';
import { targetOf } from '../../payments';
import { refusal, unwrap } from '../refusals';
import type { Services } from '../services';
import { quoteShown, type Lookup } from './payment';
import { personOf, serve, type PinHop } from './serve';

/** The name of this provider where others have theirs. */
const here = '';

function requestOf({ customerId, accountId, number }: Lookup) {
  return { product: 'send', initiatorId: customerId, accountId, to: targetOf(number) } as const;
}

export function sendMoneyActors(services: Services) {
  const { payments, clearing, market } = services;
  return {
    recentPayees: serve(async ({ customerId }: { customerId: string }) =>
      (await payments.recentPayees(customerId)).map((payee) => ({ ...personOf(payee), provider: here })),
    ),
    /** Whoever is a customer here is paid here; only a phone number that is nobody's is asked for elsewhere. */
    lookupPayee: serve(async ({ customerId, accountId, number }: Lookup) => {
      const found = await payments.lookup(requestOf({ customerId, accountId, number }));
      const msisdn = parseMsisdn(number, market.country);
      if (found.ok || found.error !== 'payee_unknown' || msisdn === undefined) {
        return { ...personOf(unwrap(found).other), provider: here };
      }
      const { outside } = unwrap(await clearing.findPayee(msisdn));
      return { number: outside.number, name: fullName(outside), provider: outside.dfspId };
    }),
    quote: serve(async ({ provider, number, ...input }: Lookup & { provider: string; amountMinor: string }) => {
      const amountMinor = BigInt(input.amountMinor);
      const { customerId, accountId } = input;
      const quoted =
        provider === here
          ? await payments.quote({ ...requestOf({ customerId, accountId, number }), amountMinor })
          : await clearing.quote({ customerId, accountId, msisdn: number as Msisdn, amountMinor });
      return quoteShown(unwrap(quoted));
    }),
    submit: serve(async (input: PinHop & { quoteId: string }) => {
      const { paymentId, reference, state } = unwrap(await payments.submit(input));
      const now = state === 'pending' ? await clearing.awaitOutcome(paymentId) : state;
      if (now === 'rejected') throw refusal('not_delivered');
      return { reference, underway: now === 'pending' };
    }),
  };
}
