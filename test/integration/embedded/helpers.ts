import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { createDb, type Db } from '../../../src/platform';
import { claimDataDir, loadSecrets, startPostgres, type DataDir, type EmbeddedPostgres } from '../../../src/embedded';

export interface Holder {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly postgresPid: number;
  readonly url: string;
  readonly notes: readonly string[];
  /** What it says when it does not start. */
  readonly failure?: string;
}

export const isRoot = process.getuid?.() === 0;
export const nobody = { uid: 65_534, gid: 65_534 };
const holderScript = path.join(__dirname, 'holder.ts');
const project = path.join(__dirname, '..', '..', '..');

/** Whether the project can be run by `nobody`: not when it lies in somebody's private folder. */
export const nobodyCanRun =
  isRoot && spawnSync(process.execPath, ['-e', `require('fs').readFileSync('${holderScript}')`], nobody).status === 0;

const folders: string[] = [];
const children: ChildProcess[] = [];
const running: (() => Promise<void>)[] = [];

/** A folder for one test; `mode` 0711 lets PostgreSQL's account pass through when the tests run as root. */
export async function makeFolder(mode = 0o711, owner?: { uid: number; gid: number }): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'starhash embedded '));
  folders.push(folder);
  if (owner) await chown(folder, owner.uid, owner.gid);
  await chmod(folder, mode);
  return folder;
}

/** Starts holder.ts as a process of its own; resolves when it is up or has failed. */
export async function startHolder(dataDir: string, user?: { uid: number; gid: number }): Promise<Holder> {
  const { child, lines } = spawnHolder(dataDir, user);
  const [line] = (await once(lines, 'line')) as [string];
  return { child, ...(JSON.parse(line) as Omit<Holder, 'child'>) };
}

/** Starts holder.ts without waiting for it. */
export function spawnHolder(
  dataDir: string,
  user?: { uid: number; gid: number },
): { child: ChildProcess; lines: Interface } {
  const child = spawn(process.execPath, ['--import', 'tsx', holderScript, dataDir], {
    cwd: project,
    env: { PATH: path.dirname(process.execPath) },
    stdio: ['ignore', 'pipe', 'inherit'],
    ...user,
  });
  children.push(child);
  return { child, lines: createInterface({ input: child.stdout }) };
}

/** Ends a child with a signal and waits for it. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

export interface Running {
  readonly dataDir: DataDir;
  readonly postgres: EmbeddedPostgres;
  readonly stop: () => Promise<void>;
}

/** The same in this process. */
export async function startHere(folder: string): Promise<Running> {
  const dataDir = await claimDataDir(folder);
  try {
    const { databasePassword } = await loadSecrets(dataDir.path);
    const postgres = await startPostgres({ dataDir: dataDir.path, password: databasePassword });
    const stop = async () => {
      await postgres.stop();
      await dataDir.release();
    };
    running.push(stop);
    return { dataDir, postgres, stop };
  } catch (error) {
    await dataDir.release();
    throw error;
  }
}

export async function withDb<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
  const db = createDb({ url, connectionsMax: 1, onError: () => undefined });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/** For afterEach: nothing that a test started outlives it. */
export async function cleanUp(): Promise<void> {
  for (const stop of running.splice(0)) await stop();
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) await endChild(child, 'SIGTERM');
  }
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}
