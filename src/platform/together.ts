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

/** `alone`: runs a statement by itself, where one of a batch fails: it harms no other. */
export function createTogether(config: PoolConfig, alone: (query: QueryConfig) => Promise<QueryResult>): Together {
  const pool = new Pool({ ...config, max: 1, pipeline: true });
  pool.on('connect', (client) => client.on('error', () => undefined)); // what is on its way hears of it by itself
  pool.on('error', () => undefined);
  const waiting: Waiting[] = [];
  let isSending = false;

  const send = async (): Promise<void> => {
    const batch = waiting.splice(0, batchMax);
    const queries = batch.map(({ query }) => query);
    const answers = batch.length > 1 ? await atOnce(pool, queries).catch(() => undefined) : undefined;
    const results = answers?.map((answer) => Promise.resolve(answer)) ?? queries.map(alone);
    for (const [index, result] of results.entries()) batch[index]?.resolve(result);
    await Promise.allSettled(results);
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
  stream.cork(); // one write, not one a statement
  const results = Promise.all(['begin', ...queries, 'commit'].map((query) => client.query(query)));
  stream.uncork();
  try {
    const [, ...answers] = await results;
    client.release();
    return answers.slice(0, -1);
  } catch (error) {
    client.release(error as Error);
    throw error;
  }
}
