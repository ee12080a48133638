import { proveKeys } from '../../../src/app/key-proofs';
import { createAudit } from '../../../src/audit';
import { parseKeyring, systemClock, type Db } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { testSecrets } from '../../support/world';

describe('keys and the database that was made with them', () => {
  let database: TestDatabase;
  let deps: { db: Db; audit: ReturnType<typeof createAudit> };
  beforeEach(async () => {
    database = await createTestDatabase();
    deps = { db: database.db, audit: createAudit({ clock: systemClock }) };
    await proveKeys(deps, testSecrets);
  });
  afterEach(() => database.drop());

  test('the same keys start again, and a new one in front of the old', async () => {
    await proveKeys(deps, testSecrets);
    const peppers = parseKeyring(`next:${'55'.repeat(32)},test:${'11'.repeat(32)}`);
    await proveKeys(deps, { ...testSecrets, peppers });
    const events = await database.db.rows<{ told: string }>({
      text: `select subject_id || ' ' || (new_value ->> 'id') as told from audit_event where action = 'key.added' order by seq`,
    });
    const told = events.map((event) => event.told);
    expect(told).toEqual(['PIN_PEPPER test', 'DATA_KEY test', 'INDEX_KEY only', 'AUDIT_KEY test', 'PIN_PEPPER next']);
  });

  test('another key under the same name, a missing one and a lost index key are refused, by name and without the key', async () => {
    const other = parseKeyring(`test:${'66'.repeat(32)}`);
    await expect(proveKeys(deps, { ...testSecrets, peppers: other })).rejects.toThrow(
      /^PIN_PEPPER: the key test is not/,
    );
    const missing = parseKeyring(`next:${'22'.repeat(32)}`);
    await expect(proveKeys(deps, { ...testSecrets, dataKeys: missing })).rejects.toThrow(
      /^DATA_KEY lacks the key test/,
    );
    const lost = { ...testSecrets, indexKey: Buffer.alloc(32, 9) };
    await expect(proveKeys(deps, lost)).rejects.toThrow(/^INDEX_KEY: /);
  });
});
