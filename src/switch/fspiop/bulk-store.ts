import { canonicalJson, type JsonObject } from './canonical';
import { opened, type StoreDeps } from './store';

/** The SQL of bulks: what came in, kept until each of its items is answered. Their answers are in store.ts. */
export type BulkResource = 'bulkQuotes' | 'bulkTransfers';

export interface BulkKey {
  readonly source: string;
  readonly resource: BulkResource;
  /** A UUID, as the port has ids. */
  readonly id: string;
}

export interface Bulk extends BulkKey {
  readonly body: JsonObject;
  /** When what isn't answered by then is answered with an error. */
  readonly expiresAt: Date;
  readonly isOpen: boolean;
}

export interface BulkStore {
  /** Keeps a bulk, unless it is kept. */
  open(bulk: Omit<Bulk, 'isOpen'>): Promise<void>;
  find(key: BulkKey): Promise<Bulk | undefined>;
  /** The bulk transfer that came in under this id, whoever sent it. */
  findTransfers(id: string): Promise<Bulk | undefined>;
  /** Open bulks that are due; each of them is due again after `laterMs`, or when it expires. */
  takeDue(terms: { readonly laterMs: number; readonly limit: number }): Promise<readonly Bulk[]>;
  /** How many of its items nobody has answered. */
  unanswered(key: BulkKey): Promise<number>;
  close(key: BulkKey): Promise<void>;
  /** Whether nobody has asked the scheme about it within `everyMs`; whoever is told so asks. */
  mayAsk(key: BulkKey, everyMs: number): Promise<boolean>;
}

interface BulkRow extends Record<string, unknown> {
  source: string;
  resource: BulkResource;
  id: string;
  body: Buffer;
  key_id: string;
  expires_at: Date;
  due_at: Date | null;
}

const columns = 'source, resource, id, body, key_id, expires_at, due_at';

export function createBulkStore({ db, clock, cipher }: StoreDeps): BulkStore {
  const read = (row: BulkRow): Bulk => ({
    source: row.source,
    resource: row.resource,
    id: row.id,
    body: opened(cipher, { keyId: row.key_id, bytes: row.body }, about(row)),
    expiresAt: row.expires_at,
    isOpen: row.due_at !== null,
  });
  const keyOf = ({ source, resource, id }: BulkKey) => [source, resource, id];
  const byKey = 'source = $1 and resource = $2 and id = $3';
  return {
    open: async (bulk) => {
      const sealed = cipher.seal(canonicalJson(bulk.body), about(bulk));
      await db.run({
        name: 'fspiop-bulk-open',
        text: `insert into fspiop_bulk (source, resource, id, body, key_id, expires_at, due_at)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
        values: [...keyOf(bulk), sealed.bytes, sealed.keyId, bulk.expiresAt, clock.now()],
      });
    },
    find: async (key) => {
      const text = `select ${columns} from fspiop_bulk where ${byKey}`;
      const row = await db.maybe<BulkRow>({ name: 'fspiop-bulk-find', text, values: keyOf(key) });
      return row && read(row);
    },
    findTransfers: async (id) => {
      const text = `select ${columns} from fspiop_bulk where id = $1 and resource = 'bulkTransfers' limit 1`;
      const row = await db.maybe<BulkRow>({ name: 'fspiop-bulk-find-transfers', text, values: [id] });
      return row && read(row);
    },
    takeDue: async ({ laterMs, limit }) => {
      const rows = await db.rows<BulkRow>({
        name: 'fspiop-bulk-due',
        text: `update fspiop_bulk
               set due_at = case when expires_at > $1 then least($1::timestamptz + $2 * interval '1 millisecond', expires_at)
                                 else $1::timestamptz + $2 * interval '1 millisecond' end
               where (source, resource, id) in (
                 select source, resource, id from fspiop_bulk where due_at <= $1
                 order by due_at limit $3 for update skip locked)
               returning ${columns}`,
        values: [clock.now(), laterMs, limit],
      });
      return rows.map(read);
    },
    unanswered: async ({ source, resource, id }) => {
      const items = resource === 'bulkQuotes' ? 'quotes' : 'transfers';
      const row = await db.one<{ count: number } & Record<string, unknown>>({
        name: 'fspiop-bulk-unanswered',
        text: `select count(*)::integer as count from fspiop_in
               where source = $1 and resource = $2 and bulk_id = $3 and answer is null`,
        values: [source, items, id],
      });
      return row.count;
    },
    close: async (key) => {
      const text = `update fspiop_bulk set due_at = null where ${byKey}`;
      await db.run({ name: 'fspiop-bulk-close', text, values: keyOf(key) });
    },
    mayAsk: async (key, everyMs) => {
      const asked = await db.run({
        name: 'fspiop-bulk-ask',
        text: `update fspiop_bulk set asked_at = $4
               where ${byKey} and (asked_at is null or asked_at <= $4::timestamptz - $5 * interval '1 millisecond')`,
        values: [...keyOf(key), clock.now(), everyMs],
      });
      return asked > 0;
    },
  };
}

function about({ source, resource, id }: BulkKey): string {
  return `fspiop_bulk ${resource} ${id} ${source}`;
}
