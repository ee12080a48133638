import { readSettings } from './settings';
import { startScheme } from './start';

const EXIT_WITHIN_MS = 2_000;

/** Runs the central services as one process: on its own, or as a child that tells its parent over IPC when ready. */
async function main(): Promise<void> {
  // Without its parent it would keep the ports from the next start; the parent may be gone before we listen.
  if (process.send !== undefined && !process.connected) process.exit(0);
  process.once('disconnect', () => process.exit(0));
  const settings = readSettings(process.env);
  const running = await startScheme(settings, (error) => fail(`the journal can't be written: ${reasonOf(error)}`));
  if (process.send === undefined) {
    const places = Object.entries(running.ports).map(([service, port]) => `${service} ${port}`);
    console.log(`scheme: ready on ${settings.host}: ${places.join(', ')}; data in ${settings.dataDir}`);
  }
  if (process.connected) process.send?.({ ready: true, ports: running.ports }, undefined, undefined, () => undefined);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(0), EXIT_WITHIN_MS).unref();
      void running.close().then(() => process.exit(0));
    });
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error');

function fail(message: string): void {
  console.error(`scheme: ${message}`);
  process.exit(1);
}

main().catch((error: unknown) => fail(reasonOf(error)));
