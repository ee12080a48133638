import { targetOf, type Quote } from '../../payments';
import type { Product } from '../../rules';
import { refusal, unwrap } from '../refusals';
import type { Services } from '../services';
import { personOf, serve, type PinHop } from './serve';

/** The name of this provider where others have theirs. */
export const here = '';

export interface Lookup {
  customerId: string;
  /** The account that the person works with. */
  accountId: string;
  /** Of the other side: E.164, a user number, or a URI that is nobody's here. */
  number: string;
}

/** What a screen shows of a quote, beside the PIN. */
export function quoteShown({ quoteId, amountMinor, feeMinor }: Quote) {
  return {
    quoteId,
    amountMinor: amountMinor.toString(),
    feeMinor: feeMinor.toString(),
    totalMinor: (amountMinor + feeMinor).toString(),
  };
}

/** Submits what was quoted; what crosses a scheme is waited for as long as somebody on a line can. `underway`: nobody has said. */
export async function submitAndAwait({ payments, clearing }: Services, input: PinHop & { quoteId: string }) {
  const { paymentId, reference, state } = unwrap(await payments.submit(input));
  const now = state === 'pending' ? await clearing.awaitOutcome(paymentId) : state;
  if (now === 'rejected') throw refusal('not_delivered');
  return { reference, underway: now === 'pending' };
}

/** Looks up, quotes and submits one product for whoever calls; `show` is what that tree shows of a quote. */
export function paymentActors<Q>({ payments }: Services, product: Product, show: (quote: Quote) => Q) {
  const requestOf = ({ customerId, accountId, number }: Lookup) => ({
    product,
    initiatorId: customerId,
    accountId,
    to: targetOf(number),
  });
  return {
    lookup: serve(async (input: Lookup) => personOf(unwrap(await payments.lookup(requestOf(input))).other)),
    quote: serve(async (input: Lookup & { amountMinor: string }) =>
      show(unwrap(await payments.quote({ ...requestOf(input), amountMinor: BigInt(input.amountMinor) }))),
    ),
    submit: serve(async (input: PinHop & { quoteId: string }) => {
      const { reference } = unwrap(await payments.submit(input));
      return { reference };
    }),
  };
}
