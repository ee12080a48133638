import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Db, Tx } from './db';

const migrationsFolder = path.join(__dirname, '..', 'migrations');

/** Any number; it keeps two processes that start at once from migrating at once. */
const migrationLock = 7_229_384n;

/**
 * Brings the database up to the files in `src/migrations`, in their order, in one transaction: all or nothing.
 * A file that changed after it was applied is refused: landed migrations are never edited.
 * Returns the names of the files that were applied now.
 */
export async function migrate(db: Db, folder = migrationsFolder): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const files = await Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(path.join(folder, name), 'utf8') })),
  );
  return db.tx(async (tx) => {
    await tx.run({ text: 'select pg_advisory_xact_lock($1)', values: [migrationLock] });
    await tx.run({
      text: `create table if not exists schema_migration (
               name text primary key, digest text not null, applied_at timestamptz not null default now())`,
    });
    const applied: string[] = [];
    for (const file of files) if (await applyOnce(tx, file)) applied.push(file.name);
    return applied;
  });
}

async function applyOnce(tx: Tx, { name, sql }: { name: string; sql: string }): Promise<boolean> {
  const digest = createHash('sha256').update(sql).digest('hex');
  const known = await tx.maybe<{ digest: string }>({
    text: 'select digest from schema_migration where name = $1',
    values: [name],
  });
  if (known && known.digest !== digest) throw new Error(`migration ${name} was changed after it had been applied`);
  if (known) return false;
  await tx.run({ text: sql });
  await tx.run({ text: 'insert into schema_migration (name, digest) values ($1, $2)', values: [name, digest] });
  return true;
}
