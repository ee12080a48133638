import { readFileSync } from 'node:fs';
import path from 'node:path';
import { startSystem, type System } from './app';
import { StartError } from './embedded';
import { ConfigError, createDb, createLog, loadConfig, migrate, type Config } from './platform';

const stopTimeoutMs = 9_000;
const parentPollMs = 1_000;

/** `npm start`: everything that the configuration asks for, in this process and its children. `npm run migrate`: the schema only. */
async function main(role: string | undefined): Promise<void> {
  const config = loadConfig(process.env);
  if (role === 'migrate') return migrateOnly(config);
  const log = createLog(config.logLevel);
  const version = readVersion();
  let stopping = false;
  const stop = (exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    // A signal during the start waits for the start: it ends by itself, and then everything is there to be undone.
    void starting.then((system) => system.stop()).finally(() => process.exit(exitCode));
  };
  const onFatal = (why: string): void => {
    process.stderr.write(`starhash: ${why}\n`);
    stop(1);
  };
  log.info({ version }, 'starting');
  const starting = startSystem({ config, log, version, onFatal });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was left alone'));
  stopWithNpm(() => stop(0));
  greet(await starting, config);
}

async function migrateOnly({ databaseUrl }: Config): Promise<void> {
  if (databaseUrl === undefined) throw new StartError('DATABASE_URL must be set');
  const db = createDb({ url: databaseUrl, connectionsMax: 2, onError: () => undefined });
  const applied = await migrate(db).finally(() => db.close());
  process.stdout.write(`${applied.length === 0 ? 'nothing to do' : applied.join('\n')}\n`);
}

/** npm dies of a kill -9 without a word to its child, or to the shell in between: then we go as well, and leave no port taken. */
function stopWithNpm(stop: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const ancestors = (): string => `${process.ppid} ${parentOf(process.ppid)}`;
  const atStart = ancestors();
  setInterval(() => {
    if (ancestors() !== atStart) stop();
  }, parentPollMs).unref();
}

/** The parent of a process, from Linux's /proc; elsewhere nobody knows. */
function parentOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '';
  } catch {
    return '';
  }
}

/** What to open, and whom to dial as. The PINs stand in the README: no PIN is printed. */
function greet({ port, simPort, notes, people }: System, { market, sandbox: { peopleFile } }: Config): void {
  const { serviceCode } = market;
  const pins = peopleFile === undefined ? 'README.md' : `sims/${peopleFile}`;
  const lines = [...notes, `starhash is working: http://localhost:${port}/health`];
  if (simPort !== undefined) {
    lines.push(
      '',
      `  A phone in the browser    http://localhost:${simPort}`,
      `  A phone in the terminal   npm run phone -- ${people[0]?.msisdn ?? '+254700000001'}`,
      '',
      `  Dial ${serviceCode} as one of these (PINs: ${pins}), or as any other number to sign up:`,
      ...people.map(
        ({ msisdn, firstName, lastName, role }) => `    ${msisdn}  ${`${firstName} ${lastName}`.padEnd(42)} ${role}`,
      ),
      ...(peopleFile === undefined ? ['', '  Numbers that force one outcome each: README.md.'] : []),
    );
  }
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

main(process.argv[2]).catch((error: unknown) => {
  const clear = error instanceof StartError || error instanceof ConfigError;
  const text = error instanceof Error ? (clear ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`starhash: ${text}\n`);
  process.exit(1);
});
