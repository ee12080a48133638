import { createLedger, openChart } from '../../../src/ledger';
import { createDb, createLog, migrate, systemClock } from '../../../src/platform';
import { loadAccounts } from './accounts';
import { currency, customers } from './books';

/** The schema, accounts with money and some people: what the ledgers of a run are copied from. */
export async function prepareTemplate(url: string, accounts: number): Promise<void> {
  const db = createDb({ url, connectionsMax: 1, onError: () => undefined });
  const ledger = createLedger({ db, clock: systemClock, log: createLog('silent') });
  try {
    await migrate(db);
    await ledger.prepare(new Date());
    const chart = await db.tx((tx) => openChart(ledger, tx, currency));
    await db.run({
      text: `insert into customer (customer_id, first_name, last_name, language, role, status, birth_date, national_id,
               key_id, person_index, created_at)
             select lpad(to_hex(n), 32, '0')::uuid, 'Amina', 'Otieno', 'en', 'customer', 'active', '\\x00', '\\x00',
                    'k1', sha256(int4send(n)), now()
             from generate_series(0, $1 - 1) n`,
      values: [customers],
    });
    await loadAccounts(db, chart, accounts);
  } finally {
    await ledger.close();
    await db.close();
  }
}
