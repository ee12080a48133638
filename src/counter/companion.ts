import type { Companion } from '../payments';
import { assert } from '../platform';
import { cashStep } from './cash-request-store';

/** What commits with cash from another provider at an agent here: the request that it was asked by is paid once, or not. */
export function createCounterCompanion(): Companion {
  return {
    attachments: ({ paymentId, askedAs, state, subjectId, payeeAccountId, currency, amountMinor, updatedAt }) => {
      if (askedAs !== 'scheme') return Promise.resolve([]);
      const isStep = state === 'pending' || state === 'completed' || state === 'rejected';
      assert(subjectId !== null && isStep, 'cash from elsewhere is asked for, and the scheme decides');
      const about = { paymentId, accountId: payeeAccountId, currency, amountMinor, at: updatedAt };
      return Promise.resolve([cashStep({ cashRequestId: subjectId, state, ...about })]);
    },
    refusals: {},
  };
}
