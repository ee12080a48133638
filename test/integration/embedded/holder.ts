import { claimDataDir, loadSecrets, startPostgres, writeRunFile } from '../../../src/embedded';

/**
 * A starhash that is nothing but its database, for tests that kill it: takes the folder of its first argument, prints
 * one line of JSON when it is up, and stops in order at SIGTERM.
 */
async function main(folder: string): Promise<void> {
  const dataDir = await claimDataDir(folder);
  const { databasePassword } = await loadSecrets(dataDir.path);
  const postgres = await startPostgres({ dataDir: dataDir.path, password: databasePassword });
  await writeRunFile(dataDir.path, { pid: process.pid, databaseUrl: postgres.url });
  const alive = setInterval(() => undefined, 60_000);
  process.once('SIGTERM', () => {
    clearInterval(alive);
    void postgres.stop().then(() => dataDir.release());
  });
  console.log(
    JSON.stringify({ pid: process.pid, postgresPid: postgres.pid, url: postgres.url, notes: postgres.notes }),
  );
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.log(JSON.stringify({ failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }));
  process.exitCode = 1;
});
