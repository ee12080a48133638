import type { StoreDeps } from './store';

/** The SQL of bulks of ours: which transfer left in which. What was sent as a whole is in store.ts. */
export interface OwnBulkStore {
  /** Keeps that these transfers leave in this bulk, where that is not kept. */
  keep(bulkTransferId: string, transferIds: readonly string[]): Promise<void>;
  /** The bulk in which a transfer left; undefined: it left alone, or not at all. */
  bulkOf(transferId: string): Promise<string | undefined>;
  /** Whether nobody has asked the scheme about it within `everyMs`; whoever is told so asks. */
  mayAsk(bulkTransferId: string, everyMs: number): Promise<boolean>;
}

export function createOwnBulkStore({ db, clock }: Pick<StoreDeps, 'db' | 'clock'>): OwnBulkStore {
  return {
    keep: async (bulkTransferId, transferIds) => {
      await db.run({
        name: 'fspiop-own-bulk-keep',
        text: `insert into fspiop_out_item (transfer_id, bulk_id)
               select transfer_id, $1 from unnest($2::text[]) transfer_id on conflict do nothing`,
        values: [bulkTransferId, transferIds],
      });
    },
    bulkOf: async (transferId) => {
      const text = 'select bulk_id as "bulkId" from fspiop_out_item where transfer_id = $1';
      const row = await db.maybe<{ bulkId: string }>({ name: 'fspiop-own-bulk-of', text, values: [transferId] });
      return row?.bulkId;
    },
    mayAsk: async (bulkTransferId, everyMs) => {
      const asked = await db.run({
        name: 'fspiop-own-bulk-ask',
        text: `update fspiop_out set asked_at = $2
               where resource = 'bulkTransfers' and id = $1
                 and (asked_at is null or asked_at <= $2::timestamptz - $3 * interval '1 millisecond')`,
        values: [bulkTransferId, clock.now(), everyMs],
      });
      return asked > 0;
    },
  };
}
