import { inBatches, type Clock, type Db } from '../../platform';

/** All of the adapter's SQL: the transfers of ours that went to the ledger. */
export interface Store {
  /** Keeps by what a transfer is proven, and marks it as gone. `before`: it may have arrived at an earlier try. */
  leave(transferId: string, condition: string): Promise<{ readonly condition: string; readonly before: boolean }>;
  /** It has certainly reached nobody. */
  recall(transferId: string): Promise<void>;
  /** The condition of a transfer of ours; undefined: none of ours. */
  conditionOf(transferId: string): Promise<string | undefined>;
  /** Forgets transfers that left before and are decided (0040_forgetting.sql). Returns how many. */
  forget(before: Date): Promise<number>;
}

export function createStore({ db, clock }: { readonly db: Db; readonly clock: Clock }): Store {
  return {
    leave: async (transferId, condition) => {
      await db.run({
        name: 'l1p-send',
        text: 'insert into l1p_out (transfer_id, condition, created_at) values ($1, $2, $3) on conflict do nothing',
        values: [transferId, condition, clock.now()],
      });
      // One statement reads whether it had left and says that it leaves: of two senders one is the first.
      const row = await db.one<{ condition: string; left_at: Date | null }>({
        name: 'l1p-leave',
        text: `update l1p_out o set left_at = coalesce(o.left_at, $2)
               from (select transfer_id, left_at from l1p_out where transfer_id = $1 for update) before
               where o.transfer_id = before.transfer_id
               returning o.condition, before.left_at`,
        values: [transferId, clock.now()],
      });
      return { condition: row.condition, before: row.left_at !== null };
    },
    recall: async (transferId) => {
      const text = 'update l1p_out set left_at = null where transfer_id = $1';
      await db.run({ name: 'l1p-recall', text, values: [transferId] });
    },
    conditionOf: async (transferId) => {
      const text = 'select condition from l1p_out where transfer_id = $1';
      const row = await db.maybe<{ condition: string }>({ name: 'l1p-condition', text, values: [transferId] });
      return row?.condition;
    },
    forget: (before) =>
      inBatches(async (limit) => {
        const text = 'select l1p_forget($1, $2) as gone';
        return (await db.one<{ gone: number }>({ text, values: [before, limit] })).gone;
      }),
  };
}
