import { chartOf, createLedger, type Chart, type Ledger } from '../../../src/ledger';
import { createDb, createLog, systemClock, type Db, type Session } from '../../../src/platform';
import type { Watched } from './load';

/** A ledger under measurement, and the accounts that the load moves money between. */
export interface Books extends Watched {
  readonly url: string;
  /** As the gateway has it: with its role, each call of the database counted. */
  readonly db: Db;
  readonly owner: Db;
  readonly ledger: Ledger;
  readonly chart: Chart;
  readonly firstAccount: number;
  readonly accounts: number;
  close(): Promise<void>;
}

/** The number of the first account that is not the house's. */
export const firstNumber = 1_000_001;
export const currency = 'KES';
export const customers = 10_000;

const connectionsMax = 8;

export interface BooksOptions {
  readonly lanes: number;
  /** Where functions are looked for first. */
  readonly schema?: string;
}

export function openBooks(url: string, accounts: number, { lanes, schema }: BooksOptions): Books {
  const owner = createDb({ url: withParameters(url, { application_name: 'bench' }), connectionsMax: 4, onError });
  const path = schema === undefined ? '' : ` -c search_path=${schema},public`;
  const { db, sent } = counted(
    createDb({ url: withParameters(url, { options: `-c role=starhash_app${path}` }), connectionsMax, onError }),
  );
  const ledger = createLedger({ db, clock: systemClock, log: createLog('warn'), lanes });
  return {
    url,
    db,
    owner,
    ledger,
    chart: chartOf(currency),
    firstAccount: firstNumber,
    accounts,
    backends: () => backendsOf(owner),
    sent,
    close: async () => {
      await ledger.close();
      await db.close();
      await owner.close();
    },
  };
}

export async function backendsOf(owner: Db): Promise<number[]> {
  const rows = await owner.rows<{ pid: number }>({
    text: `select pid from pg_stat_activity
           where datname = current_database() and application_name = 'starhash' and backend_type = 'client backend'`,
  });
  return rows.map(({ pid }) => pid);
}

export function withParameters(url: string, parameters: Readonly<Record<string, string>>): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
  return changed.href;
}

/** The same database, with what goes through `ledger_post` counted. */
function counted(db: Db): { db: Db; sent: Books['sent'] } {
  const sent = { batches: 0, transfers: 0 };
  const watched = (session: Session): Session => ({
    ...session,
    one: async (query) => {
      const row = await session.one<Record<string, unknown>>(query);
      if (query.name === 'ledger.post') {
        sent.batches += 1;
        sent.transfers += (row['results'] as unknown[]).length;
      }
      return row as never;
    },
  });
  return { db: { ...db, session: async () => watched(await db.session()) }, sent: () => ({ ...sent }) };
}

function onError(error: Error): void {
  console.error(`a connection broke: ${error.message}`);
}
