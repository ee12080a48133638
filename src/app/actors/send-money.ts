import { fullName } from '../../identity';
import { targetOf, type Quote } from '../../payments';
import { refusal, unwrap } from '../refusals';
import type { Services } from '../services';
import { here, quoteShown, submitAndAwait, type Lookup } from './payment';
import { personOf, serve, type PinHop } from './serve';

function requestOf({ customerId, accountId, number }: Lookup) {
  return { product: 'send', initiatorId: customerId, accountId, to: targetOf(number) } as const;
}

export function sendMoneyActors(services: Services) {
  const { payments, clearing } = services;
  return {
    recentPayees: serve(async ({ customerId }: { customerId: string }) =>
      (await payments.recentPayees(customerId)).map((payee) => ({ ...personOf(payee), provider: here })),
    ),
    /** Whoever is a customer here is paid here; only a number that is nobody's is asked for elsewhere. */
    lookupPayee: serve(async ({ customerId, accountId, number }: Lookup) => {
      const found = await payments.lookup(requestOf({ customerId, accountId, number }));
      if (found.ok || found.error !== 'payee_unknown') {
        return { ...personOf(unwrap(found).other), provider: here };
      }
      const there = await clearing.findPayee(number);
      if (!there.ok && there.error === 'payee_unknown' && isUri(number)) throw refusal('identifier_unknown');
      const { outside } = unwrap(there);
      return { number, name: fullName(outside), provider: outside.dfspId };
    }),
    quote: serve(async ({ provider, number, ...input }: Lookup & { provider: string; amountMinor: string }) => {
      const amountMinor = BigInt(input.amountMinor);
      const { customerId, accountId } = input;
      if (provider === here) {
        const quote = unwrap(await payments.quote({ ...requestOf({ customerId, accountId, number }), amountMinor }));
        return withArrival(quote, quote.amountMinor - quote.payeeFeeMinor);
      }
      const order = { customerId, accountId, to: { number }, product: 'send', amountMinor } as const;
      const { quote, arrivesMinor } = unwrap(await clearing.quote(order));
      return withArrival(quote, arrivesMinor);
    }),
    submit: serve((input: PinHop & { quoteId: string }) => submitAndAwait(services, input)),
  };
}

/** Whose kind was asked, which may have been said wrong. */
const isUri = (number: string): boolean => number.includes(':');

/** Both providers' fees, where the payee's takes one. */
function withArrival(quote: Quote, arrivesMinor: bigint) {
  const feesMinor = quote.amountMinor + quote.feeMinor - arrivesMinor;
  return { ...quoteShown(quote), arrivesMinor: arrivesMinor.toString(), feesMinor: feesMinor.toString() };
}
