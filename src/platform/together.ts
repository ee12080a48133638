import { Pool, type PoolConfig, type QueryConfig, type QueryResult } from 'pg';

/**
 * Statements that come at once go at once: those of one turn of the event loop, and those that come while others are on their
 * way, share a round trip and a commit. Alone, a statement leaves at once; under load batches grow by themselves, as in the
 * ledger. Nobody is answered before the commit.
 */
export interface Together {
  /** For what touches few rows by their keys, and does the same when it is run twice. */
  run(query: QueryConfig): Promise<QueryResult>;
  close(): Promise<void>;
}

interface Waiting {
  readonly query: QueryConfig;
  readonly resolve: (result: QueryResult | Promise<QueryResult>) => void;
}

const batchMax = 100;
/** Whoever must wait for a row that somebody else holds waits elsewhere, and lets the others go. */
const lockTimeoutMs = 50;

/** `alone`: runs a statement by itself, where one of its batch fails or waits: it harms no other. */
export function createTogether(config: PoolConfig, alone: (query: QueryConfig) => Promise<QueryResult>): Together {
  const options = `${config.options ?? ''} -c lock_timeout=${lockTimeoutMs}`;
  const pool = new Pool({ ...config, options, max: 1, pipeline: true });
  pool.on('connect', (client) => client.on('error', () => undefined)); // what is on its way hears of it by itself
  pool.on('error', () => undefined);
  const waiting: Waiting[] = [];
  let isSending = false;

  const send = async (): Promise<void> => {
    const batch = waiting.splice(0, batchMax);
    const queries = batch.map(({ query }) => query);
    const answers = await atOnce(pool, queries).catch(() => undefined);
    for (const [index, { query, resolve }] of batch.entries()) resolve(answers?.[index] ?? alone(query));
  };
  const sendSoon = (): void => {
    if (isSending || waiting.length === 0) return;
    isSending = true;
    setImmediate(() => {
      void send().finally(() => {
        isSending = false;
        sendSoon();
      });
    });
  };
  return {
    run: (query) =>
      new Promise((resolve) => {
        waiting.push({ query, resolve });
        sendSoon();
      }),
    close: () => pool.end(),
  };
}

/** All of them, or none. */
async function atOnce(pool: Pool, queries: readonly QueryConfig[]): Promise<QueryResult[]> {
  const client = await pool.connect();
  const { stream } = client.connection;
  const isOne = queries.length === 1; // a transaction by itself
  stream.cork(); // one write, not one a statement
  const results = Promise.all((isOne ? queries : ['begin', ...queries, 'commit']).map((query) => client.query(query)));
  stream.uncork();
  try {
    const answers = await results;
    client.release();
    return isOne ? answers : answers.slice(1, -1);
  } catch (error) {
    client.release(error as Error);
    throw error;
  }
}
