import type { Companion } from '../payments';
import { assert, type Db } from '../platform';
import { counterRequestById, counterStep } from './counter-request-store';

/** What commits with money from another provider that a counter here asked for: the request that it was asked by is paid once, or not. */
export function createCounterCompanion({ db }: { readonly db: Db }): Companion {
  return {
    attachments: async ({ paymentId, askedAs, product, state, subjectId, ...payment }) => {
      if (askedAs !== 'scheme' || subjectId === null) return [];
      // What is bought from elsewhere otherwise is asked for by an invoice alone, or by nothing.
      if (product === 'purchase' && !(await counterRequestById(db, subjectId))) return [];
      assert(
        state === 'pending' || state === 'completed' || state === 'rejected',
        'the scheme decides, and nobody else',
      );
      const { payeeAccountId: accountId, currency, amountMinor, updatedAt: at } = payment;
      const about = { paymentId, state, accountId, currency, amountMinor, at };
      return [counterStep({ counterRequestId: subjectId, ...about })];
    },
    refusals: {},
  };
}
