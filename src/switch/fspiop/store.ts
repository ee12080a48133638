import { createHmac } from 'node:crypto';
import { inBatches, type Cipher, type Clock, type Db, type Sealed } from '../../platform';
import { canonicalJson, parseStrictly, type JsonObject } from './canonical';

/** All of the adapter's SQL: what was asked by whom, and what it was answered. */
export type Kept = 'quotes' | 'transfers' | 'transactionRequests' | 'bulkQuotes' | 'bulkTransfers';

export interface Request {
  readonly source: string;
  readonly resource: Kept;
  /** A UUID, as the port has it. */
  readonly id: string;
}

/** A request as it came in. */
export interface Received extends Request {
  /** The id as its sender spells it. */
  readonly wireId: string;
  /** Of a transfer: the transaction that it carries, as the port has it. */
  readonly transactionId?: string | undefined;
  /** The bulk that it came in: its answer is told with those of the others. */
  readonly bulkId?: string | undefined;
  /** `1.1`: in which it is to be answered. */
  readonly version: string;
  readonly traceparent: string | undefined;
}

export interface Asked extends Received {
  /** The body of the callback that answers it. */
  readonly answer: JsonObject | undefined;
  readonly outcome: 'committed' | 'aborted' | undefined;
  readonly outcomeAt: Date | undefined;
}

export interface Sent {
  readonly destination: string;
  readonly body: JsonObject;
  /** It may have reached somebody before. */
  readonly left: boolean;
}

export interface Store {
  /** Keeps what was asked. `modified`: the id is known with another body, and nothing was changed. */
  receive(request: Received, body: JsonObject): Promise<Asked | 'modified'>;
  find(request: Request): Promise<Asked | undefined>;
  /** The transfer that came in under this id, whoever sent it. */
  findTransfer(id: string): Promise<Asked | undefined>;
  /** Who asked for something under this id. */
  findAsker(resource: Kept, id: string): Promise<string | undefined>;
  /** The transfer that carries a transaction. */
  findTransaction(source: string, transactionId: string): Promise<Asked | undefined>;
  /**
   * Keeps an answer, unless there is one; returns the request with the answer that stands. Undefined: nobody asked. `final`: the
   * answer to a request of version 1.0 that came alone, where that is another one.
   */
  answer(request: Request, answer: JsonObject, final?: JsonObject): Promise<Asked | undefined>;
  /** Rejects a request to pay, unless that was done before: that answer takes the place of one that it was received. */
  reject(request: Request, answer: JsonObject, at: Date): Promise<Asked | undefined>;
  /** Keeps what became of a transfer, unless that is known. */
  conclude(request: Request, outcome: 'committed' | 'aborted', at: Date): Promise<void>;
  /** Keeps what is about to be sent, unless that id was sent before: then that stands. Marks it as gone. */
  send(resource: Kept, id: string, message: { readonly destination: string; readonly body: JsonObject }): Promise<Sent>;
  /** It has certainly reached nobody. */
  recall(resource: Kept, id: string): Promise<void>;
  findSent(resource: Kept, id: string): Promise<Omit<Sent, 'left'> | undefined>;
  /** Forgets what came and went before, where nobody waits for it any more (0040_forgetting.sql). Returns how many rows. */
  forget(before: Date): Promise<number>;
}

export interface StoreDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly cipher: Cipher;
  readonly digestKey: Buffer;
}

interface InRow extends Record<string, unknown> {
  source: string;
  resource: Kept;
  id: string;
  wire_id: string;
  bulk_id: string | null;
  digest: Buffer;
  version: string;
  traceparent: string | null;
  answer: Buffer | null;
  answer_key_id: string | null;
  outcome: 'committed' | 'aborted' | null;
  outcome_at: Date | null;
}

interface OutRow extends Record<string, unknown> {
  destination: string;
  body: Buffer;
  key_id: string;
  left_at: Date | null;
}

const inColumns =
  'source, resource, id, wire_id, bulk_id, digest, version, traceparent, answer, answer_key_id, outcome, outcome_at';

export function createStore(deps: StoreDeps): Store {
  return {
    receive: async (request, body) => {
      const { wireId, version, traceparent } = request;
      const digest = createHmac('sha256', deps.digestKey).update(canonicalJson(body)).digest();
      const kept = await deps.db.maybe<InRow>({
        name: 'fspiop-receive',
        together: true,
        text: `insert into fspiop_in (source, resource, id, wire_id, digest, version, traceparent, received_at, transaction_id,
                 bulk_id)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing returning ${inColumns}`,
        values: [
          ...[...keyOf(request), wireId, digest, version, traceparent, deps.clock.now()],
          ...[request.transactionId, request.bulkId],
        ],
      });
      const row = kept ?? (await inRow(deps, request));
      if (row === undefined) throw new Error('a request that was kept is not there');
      return row.digest.equals(digest) ? asked(deps, row) : 'modified';
    },
    find: async (request) => {
      const row = await inRow(deps, request);
      return row && asked(deps, row);
    },
    findTransfer: async (id) => {
      const row = await deps.db.maybe<InRow>({
        name: 'fspiop-find-transfer',
        together: true,
        text: `select ${inColumns} from fspiop_in where id = $1 and resource = 'transfers' order by received_at limit 1`,
        values: [id],
      });
      return row && asked(deps, row);
    },
    findAsker: async (resource, id) => {
      const text = 'select source from fspiop_in where id = $1 and resource = $2 order by received_at limit 1';
      const row = await deps.db.maybe<{ source: string }>({ name: 'fspiop-find-asker', text, values: [id, resource] });
      return row?.source;
    },
    findTransaction: async (source, transactionId) => {
      const row = await deps.db.maybe<InRow>({
        name: 'fspiop-find-transaction',
        text: `select ${inColumns} from fspiop_in where source = $1 and transaction_id = $2
               order by received_at desc limit 1`,
        values: [source, transactionId],
      });
      return row && asked(deps, row);
    },
    answer: async (request, answer, final) => {
      const sealed = sealedAnswer(deps, request, answer);
      const sealedFinal = final ? sealedAnswer(deps, request, final) : sealed;
      const kept = await deps.db.maybe<InRow>({
        name: 'fspiop-answer',
        together: true,
        text: `update fspiop_in set answer_key_id = $5,
                 answer = case when version = '1.0' and bulk_id is null then $6::bytea else $4 end
               where source = $1 and resource = $2 and id = $3 and answer is null returning ${inColumns}`,
        values: [...keyOf(request), sealed.bytes, sealed.keyId, sealedFinal.bytes],
      });
      const row = kept ?? (await inRow(deps, request));
      return row && asked(deps, row);
    },
    ...concluding(deps),
    ...outgoing(deps),
    forget: (before) =>
      inBatches(async (limit) => {
        const text = 'select fspiop_forget($1, $2) as gone';
        return (await deps.db.one<{ gone: number }>({ text, values: [before, limit] })).gone;
      }),
  };
}

function concluding(deps: StoreDeps): Pick<Store, 'reject' | 'conclude'> {
  return {
    reject: async (request, answer, at) => {
      const sealed = sealedAnswer(deps, request, answer);
      const kept = await deps.db.maybe<InRow>({
        name: 'fspiop-reject',
        text: `update fspiop_in set answer = $4, answer_key_id = $5, outcome = 'aborted', outcome_at = $6
               where source = $1 and resource = $2 and id = $3 and outcome is null returning ${inColumns}`,
        values: [...keyOf(request), sealed.bytes, sealed.keyId, at],
      });
      const row = kept ?? (await inRow(deps, request));
      return row && asked(deps, row);
    },
    conclude: async (request, outcome, at) => {
      await deps.db.run({
        name: 'fspiop-conclude',
        together: true,
        text: `update fspiop_in set outcome = $4, outcome_at = $5
               where source = $1 and resource = $2 and id = $3 and outcome is null`,
        values: [...keyOf(request), outcome, at],
      });
    },
  };
}

function outgoing({ db, clock, cipher }: StoreDeps): Pick<Store, 'send' | 'recall' | 'findSent'> {
  const open = (resource: Kept, id: string, row: OutRow) => ({
    destination: row.destination,
    body: opened(cipher, { keyId: row.key_id, bytes: row.body }, aboutOut(resource, id)),
  });
  return {
    send: async (resource, id, { destination, body }) => {
      const sealed = cipher.seal(canonicalJson(body), aboutOut(resource, id));
      await db.run({
        name: 'fspiop-send',
        together: true,
        text: `insert into fspiop_out (resource, id, destination, body, key_id, created_at)
               values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
        values: [resource, id, destination, sealed.bytes, sealed.keyId, clock.now()],
      });
      // One statement reads whether it had left and says that it leaves: of two senders one is the first.
      const row = await db.one<OutRow>({
        name: 'fspiop-leave',
        text: `update fspiop_out o set left_at = coalesce(o.left_at, $3)
               from (select resource, id, left_at from fspiop_out where resource = $1 and id = $2 for update) before
               where o.resource = before.resource and o.id = before.id
               returning o.destination, o.body, o.key_id, before.left_at`,
        values: [resource, id, clock.now()],
      });
      return { ...open(resource, id, row), left: row.left_at !== null };
    },
    recall: async (resource, id) => {
      const text = 'update fspiop_out set left_at = null where resource = $1 and id = $2';
      await db.run({ name: 'fspiop-recall', text, values: [resource, id] });
    },
    findSent: async (resource, id) => {
      const text = 'select destination, body, key_id, left_at from fspiop_out where resource = $1 and id = $2';
      const row = await db.maybe<OutRow>({ name: 'fspiop-find-sent', together: true, text, values: [resource, id] });
      return row && open(resource, id, row);
    },
  };
}

function inRow({ db }: StoreDeps, request: Request): Promise<InRow | undefined> {
  const text = `select ${inColumns} from fspiop_in where source = $1 and resource = $2 and id = $3`;
  return db.maybe<InRow>({ name: 'fspiop-find', together: true, text, values: keyOf(request) });
}

function asked({ cipher }: StoreDeps, row: InRow): Asked {
  const { source, resource, id, version, answer_key_id: keyId } = row;
  const sealed = row.answer !== null && keyId !== null ? { keyId, bytes: row.answer } : undefined;
  return {
    source,
    resource,
    id,
    wireId: row.wire_id,
    bulkId: row.bulk_id ?? undefined,
    version,
    traceparent: row.traceparent ?? undefined,
    answer: sealed && (opened(cipher, sealed, aboutIn(row)) as { body: JsonObject }).body,
    outcome: row.outcome ?? undefined,
    outcomeAt: row.outcome_at ?? undefined,
  };
}

function sealedAnswer({ cipher }: StoreDeps, request: Request, answer: JsonObject): Sealed {
  return cipher.seal(canonicalJson({ body: answer }), aboutIn(request));
}

/** Text that was sealed, as the JSON that it is. */
export function opened(cipher: Cipher, sealed: Sealed, about: string): JsonObject {
  return parseStrictly(cipher.open(sealed, about));
}

function keyOf({ source, resource, id }: Request): readonly string[] {
  return [source, resource, id];
}

function aboutIn({ source, resource, id }: Request): string {
  return `fspiop_in ${resource} ${id} ${source}`;
}

function aboutOut(resource: Kept, id: string): string {
  return `fspiop_out ${resource} ${id}`;
}
