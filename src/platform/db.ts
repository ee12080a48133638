import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, types, type PoolClient, type QueryResult, type QueryResultRow } from 'pg';
import { assert } from './result';
import { createTogether, type Together } from './together';

/** The only home of `pg`. A `Query` is text with $1 parameters; a `name` makes it a prepared statement. */
export interface Query {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Outside of a transaction it may share one with others of its kind (together.ts): it touches few rows by their keys, and does the same when it is run twice. */
  readonly together?: boolean;
}

/** Something that can run a query: the pool, or one transaction of it. */
export interface Sql {
  rows<R extends QueryResultRow>(query: Query): Promise<R[]>;
  /** The only row; a bug where there is another number of rows. */
  one<R extends QueryResultRow>(query: Query): Promise<R>;
  /** The row, or undefined. */
  maybe<R extends QueryResultRow>(query: Query): Promise<R | undefined>;
  /** How many rows it touched. */
  run(query: Query): Promise<number>;
}

/** Marks a value as "inside one transaction": functions that take a `Tx` commit nothing themselves. */
export interface Tx extends Sql {
  readonly inTransaction: true;
}

export interface Session extends Sql {
  /** Gives it back; with the error that broke it, it is thrown away. */
  end(broken?: Error): void;
}

export interface Db extends Sql {
  /**
   * Runs `work` in one READ COMMITTED transaction; rolls back when it throws. Deadlocks and serialization
   * failures (SQLSTATE 40P01, 40001) are run again from the start, so `work` must have no effect but its rows.
   */
  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A connection of one's own, out of the pool until it is ended; each statement is a transaction of its own. */
  session(): Promise<Session>;
  close(): Promise<void>;
}

const attemptsMax = 6;
const retryable = new Set(['40P01', '40001']);

types.setTypeParser(types.builtins.INT8, (text) => BigInt(text));

export interface DbOptions {
  readonly url: string;
  readonly connectionsMax: number;
  /** The role that every connection takes on; absent: the one that it logs in as. */
  readonly role?: string;
  readonly onError: (error: Error) => void;
}

/** A pool of connections. Times out on a server that does not answer rather than hanging a caller. */
export function createDb({ url, connectionsMax, role, onError }: DbOptions): Db {
  const config = {
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
    application_name: 'starhash',
    ...(role !== undefined && { options: `-c role=${role}` }),
  };
  const pool = new Pool({ ...config, max: connectionsMax });
  const together = createTogether(config, (query) => pool.query(query));
  // A connection that breaks, idle or in a transaction, is replaced; without listeners it would end the process.
  let closing = false;
  pool.on('connect', (client) => client.on('error', (error) => !closing && onError(error)));
  pool.on('error', () => undefined); // the pool says it again of an idle one
  return {
    ...sqlOver(pool, together),
    tx: (work) => withRetry(() => inTransaction(pool, work)),
    session: async () => {
      const client = await pool.connect();
      return { ...sqlOver(client), end: (broken) => client.release(broken) };
    },
    close: async () => {
      closing = true; // a server that stops at the same time says so on connections that are about to go
      await Promise.all([together.close(), pool.end()]);
    },
  };
}

async function withRetry<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tried >= attemptsMax || !retryable.has(sqlState(error) ?? '')) throw error;
      await sleep(tried * tried * 5);
    }
  }
}

async function inTransaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work({ ...sqlOver(client), inTransaction: true });
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

function sqlOver(client: Pool | PoolClient, together?: Together): Sql {
  const query = <R extends QueryResultRow>({ name, text, values = [], together: isShared = false }: Query) => {
    const config = name === undefined ? { text, values: [...values] } : { name, text, values: [...values] };
    return (together && isShared ? together.run(config) : client.query<R>(config)) as Promise<QueryResult<R>>;
  };
  return {
    rows: async <R extends QueryResultRow>(q: Query) => (await query<R>(q)).rows,
    one: async <R extends QueryResultRow>(q: Query) => {
      const { rows } = await query<R>(q);
      const [row] = rows;
      assert(row !== undefined && rows.length === 1, `expected one row from ${q.name ?? q.text}, got ${rows.length}`);
      return row;
    },
    maybe: async <R extends QueryResultRow>(q: Query) => (await query<R>(q)).rows[0],
    run: async (q: Query) => (await query(q)).rowCount ?? 0,
  };
}

/** The SQLSTATE of an error that PostgreSQL raised, or undefined. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The constraint that a row violated, or undefined: lets a store turn a race into a typed refusal. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof Error && 'constraint' in error && typeof error.constraint === 'string'
    ? error.constraint
    : undefined;
}
