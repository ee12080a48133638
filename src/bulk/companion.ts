import { isOfBulk, type Companion } from '../payments';
import { assert } from '../platform';

const states = { pending: 'pending', completed: 'paid', rejected: 'refused' } as const;

/** What commits with each payment of a bulk: its row moves on with the money, once. */
export function createBulkCompanion(): Companion {
  return {
    attachments: ({ paymentId, subjectId, state, ...payment }) => {
      if (!isOfBulk(payment)) return Promise.resolve([]);
      assert(state in states, 'what is held for a bulk does not expire');
      const row = { row_id: subjectId, payment_id: paymentId, state: states[state as keyof typeof states] };
      return Promise.resolve([{ writer: 'bulk_row', row }]);
    },
    refusals: { bulk_row_once: 'invoice_gone' },
  };
}
