import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { birthOf, isAlive, processSpace } from './processes';
import { codeOf } from './start-error';

/** Who holds a folder. `token` is new for every attempt to take one. */
export interface Holder {
  readonly pid: number;
  readonly birth?: string | undefined;
  /** Where `pid` and `birth` mean something. */
  readonly space?: string | undefined;
  readonly token: string;
}

export type Taken =
  { readonly taken: true; readonly release: () => Promise<void> } | { readonly taken: false; by: Holder };

const lockName = 'starhash.lock';

/** The holder touches its lock at this pace: a container or machine that shares the folder sees nothing else of it. */
const heartbeatMs = 1_000;
const silenceMs = 5_000;

/**
 * Takes `folder` for this process by the file `starhash.lock` in it, waiting up to `waitMs` for a living holder to go.
 * The lock of a dead process (kill -9, power cut) is taken over, by one of those who want it and never by two.
 */
export async function takeLock(folder: string, waitMs: number): Promise<Taken> {
  const lock = path.join(folder, lockName);
  const [birth, space] = await Promise.all([birthOf(process.pid), processSpace()]);
  const me: Holder = { pid: process.pid, birth, space, token: randomUUID() };
  const card = `${lock}.${me.token}`; // written apart and linked, so that nobody ever reads half a lock
  const deadline = performance.now() + waitMs;
  await writeFile(card, JSON.stringify(me), { mode: 0o600, flag: 'wx' });
  try {
    for (;;) {
      const rival = await tryToTake(lock, card);
      if (!rival) break;
      if (performance.now() > deadline) return { taken: false, by: rival };
      await sleep(100);
    }
  } finally {
    await rm(card, { force: true });
  }
  await sweep(folder, space);
  const stopHeartbeat = await startHeartbeat(lock);
  return {
    taken: true,
    release: async () => {
      await stopHeartbeat();
      if ((await readHolder(lock))?.token === me.token) await rm(lock, { force: true });
    },
  };
}

/** The living process that holds `folder`, or undefined. */
export async function holderOf(folder: string): Promise<Holder | undefined> {
  const lock = path.join(folder, lockName);
  const holder = await readHolder(lock);
  return holder && (await lives(holder, lock)) ? holder : undefined;
}

/** Whether this very process holds `folder`. */
export async function holdsLock(folder: string): Promise<boolean> {
  const holder = await readHolder(path.join(folder, lockName));
  return holder?.pid === process.pid && holder.birth === (await birthOf(process.pid));
}

/** By its process number where that means something, else by whether it touches its lock while we watch. */
async function lives(holder: Holder, file: string): Promise<boolean> {
  if (holder.space === undefined || holder.space === (await processSpace())) return isAlive(holder.pid, holder.birth);
  const touched = async () => (await stat(file).catch(() => undefined))?.mtimeMs;
  const before = await touched();
  const deadline = performance.now() + silenceMs;
  while (performance.now() < deadline) {
    await sleep(100);
    const now = await touched();
    if (now !== before) return now !== undefined; // compared with itself: clocks of machines differ
  }
  return false;
}

async function startHeartbeat(lock: string): Promise<() => Promise<void>> {
  const handle = await open(lock, 'r+'); // the file and not the name, which is another's if we slept too long
  const beat = setInterval(() => {
    const now = performance.timeOrigin + performance.now();
    handle.utimes(now / 1000, now / 1000).catch(() => undefined);
  }, heartbeatMs).unref();
  return async () => {
    clearInterval(beat);
    await handle.close();
  };
}

/**
 * Undefined when taken, else the living holder. A dead holder has at most one heir: whoever creates
 * `….after-<its token>`. The heir moves that file over the lock, if the lock it judged is still there. An heir that
 * died in between has an heir in turn, so the chain is followed to its end.
 */
async function tryToTake(lock: string, card: string): Promise<Holder | undefined> {
  for (;;) {
    if (await linked(card, lock)) return undefined;
    const head = await readHolder(lock);
    if (!head) continue; // released in this moment
    let last = head;
    for (let file = lock, heir: Holder | undefined = head; heir; heir = await readHolder(file)) {
      if (await lives(heir, file)) return heir;
      last = heir;
      file = heirFile(lock, heir);
    }
    const claim = heirFile(lock, last);
    if (!(await linked(card, claim))) continue;
    if ((await readHolder(lock))?.token === head.token) {
      await rename(claim, lock);
      return undefined;
    }
    await rm(claim, { force: true }); // somebody else inherited before we looked
  }
}

function heirFile(lock: string, of: Holder): string {
  return `${lock}.after-${of.token}`;
}

async function linked(card: string, name: string): Promise<boolean> {
  try {
    await link(card, name);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const [text, { ino, mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    return parseHolder(text) ?? { pid: 0, token: `unreadable-${ino}-${Math.trunc(mtimeMs)}` }; // as a power cut leaves it
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, birth, space, token } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== 'number' || typeof token !== 'string' || !/^[\w-]+$/.test(token)) return undefined;
    return { pid, birth: wordOrNone(birth), space: wordOrNone(space), token };
  } catch {
    return undefined;
  }
}

function wordOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Removes what attempts that were killed have left beside the lock. */
async function sweep(folder: string, space: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${lockName}.`)) continue;
    const holder = await readHolder(path.join(folder, name));
    const writing = holder?.pid === 0; // perhaps a card that is being written now
    if (!holder || writing || holder.space !== space || (await isAlive(holder.pid, holder.birth))) continue;
    await rm(path.join(folder, name), { force: true });
  }
}
