import { createDb } from '../../../src/platform';
import { createTestDatabase } from '../../support/database';

interface Count {
  n: bigint;
}

describe('the database of a test', () => {
  it('is a migrated clone of its own', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await one.db.run({ text: 'create table only_here (id int)' });
    const found = await two.db.one<Count>({
      text: "select count(*) as n from pg_tables where tablename in ('only_here', 'schema_migration')",
    });
    expect(found.n).toBe(1n);
    await Promise.all([one.drop(), two.drop()]);
  });

  it('tells of a connection that a test forgot', async () => {
    const { url, drop } = await createTestDatabase();
    const lost: Error[] = [];
    const forgotten = createDb({ url, connectionsMax: 1, onError: (error) => lost.push(error) });
    await forgotten.one({ text: 'select 1' });
    await expect(drop()).rejects.toThrow(/^leak: at drop\(\) others were still connected/);
    await forgotten.close();
    expect(lost.length).toBeLessThanOrEqual(1);
  });
});
