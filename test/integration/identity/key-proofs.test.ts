import { proveKeys } from '../../../src/app/key-proofs';
import { parseKeyring } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { testSecrets } from '../../support/world';

describe('keys and the database that was made with them', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
    await proveKeys(database.db, testSecrets);
  });
  afterEach(() => database.drop());

  test('the same keys start again, and a new one in front of the old', async () => {
    await proveKeys(database.db, testSecrets);
    const peppers = parseKeyring(`next:${'55'.repeat(32)},test:${'11'.repeat(32)}`);
    await proveKeys(database.db, { ...testSecrets, peppers });
  });

  test('another key under the same name, a missing one and a lost index key are refused, by name and without the key', async () => {
    const other = parseKeyring(`test:${'66'.repeat(32)}`);
    await expect(proveKeys(database.db, { ...testSecrets, peppers: other })).rejects.toThrow(
      /^PIN_PEPPER: the key test is not/,
    );
    const missing = parseKeyring(`next:${'22'.repeat(32)}`);
    await expect(proveKeys(database.db, { ...testSecrets, dataKeys: missing })).rejects.toThrow(
      /^DATA_KEY lacks the key test/,
    );
    const lost = { ...testSecrets, indexKey: Buffer.alloc(32, 9) };
    await expect(proveKeys(database.db, lost)).rejects.toThrow(/^INDEX_KEY: /);
  });
});
