import { cp, readdir, readFile, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimDataDir, readRunFile } from '../../../src/embedded';
import { cleanUp, endChild, isRoot, makeFolder, spawnHolder, startHere, startHolder, withDb } from './helpers';
import { isRunning } from '../../support/processes';

afterEach(cleanUp);

describe('two starhashes and one folder', () => {
  it('refuses the second while the first lives, and names it', async () => {
    const folder = path.join(await makeFolder(), 'data');
    const holder = await startHolder(folder);
    await expect(claimDataDir(folder)).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringContaining(`in use by a running starhash (pid ${holder.pid})`) as string,
    });
    expect(await isRunning(holder.postgresPid)).toBe(true);
  });

  it('waits for one that is just going away', async () => {
    const folder = path.join(await makeFolder(), 'data');
    const first = await claimDataDir(folder);
    const second = claimDataDir(folder);
    await sleep(300);
    await first.release();
    await (await second).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives a dead one’s lock to one of many', async () => {
    const folder = await makeFolder();
    for (let round = 0; round < 10; round += 1) {
      const dead = { ...(await ourLock()), pid: 4_194_303, token: `dead-${round}` };
      const heir = { ...dead, token: `dead-heir-${round}` }; // died while it took over
      await writeFile(path.join(folder, 'starhash.lock'), round === 0 ? '' : JSON.stringify(dead));
      if (round > 5) await writeFile(path.join(folder, `starhash.lock.after-${dead.token}`), JSON.stringify(heir));
      const claims = await Promise.allSettled(Array.from({ length: 20 }, () => claimDataDir(folder, 0)));
      const won = claims.filter((claim) => claim.status === 'fulfilled');
      expect(won).toHaveLength(1);
      await won[0]?.value.release();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('takes no other process with the same number for the holder', async () => {
    const folder = await makeFolder();
    const stranger = { ...(await ourLock()), birth: 'an-earlier-boot/1', token: 'stranger' };
    await writeFile(path.join(folder, 'starhash.lock'), JSON.stringify(stranger));
    const dataDir = await claimDataDir(folder, 0);
    await dataDir.release();
  });

  it('tells by its heartbeat whether a holder in another container lives', async () => {
    const [living, dead] = [await makeFolder(), await makeFolder()];
    const elsewhere = { ...(await ourLock()), pid: 4_194_303, space: 'another container' };
    for (const folder of [living, dead]) await writeFile(path.join(folder, 'starhash.lock'), JSON.stringify(elsewhere));
    const heart = setInterval(() => void utimes(path.join(living, 'starhash.lock'), new Date(), new Date()), 200);
    const takenOver = claimDataDir(dead, 0);
    await expect(claimDataDir(living, 0)).rejects.toThrow(
      'in use by a running starhash (pid 4194303 of another container',
    );
    clearInterval(heart);
    await (await takenOver).release();
  });

  it('shows others that it lives', async () => {
    const dataDir = await claimDataDir(await makeFolder());
    const touched = async () => (await stat(path.join(dataDir.path, 'starhash.lock'))).mtimeMs;
    const before = await touched();
    await sleep(1_500);
    expect(await touched()).toBeGreaterThan(before);
    await dataDir.release();
  });
});

/** What a lock of this very process says. */
async function ourLock(): Promise<Record<string, unknown>> {
  const dataDir = await claimDataDir(path.join(await makeFolder(), 'sample'));
  const text = await readFile(path.join(dataDir.path, 'starhash.lock'), 'utf8');
  await dataDir.release();
  return JSON.parse(text) as Record<string, unknown>;
}

describe('after kill -9', () => {
  it('stops the server that was left and finds what was committed', async () => {
    const folder = path.join(await makeFolder(), 'data');
    const holder = await startHolder(folder);
    await withDb(holder.url, (db) => db.run({ text: 'create table kept as select 42 as n' }));
    await endChild(holder.child, 'SIGKILL');
    expect(await isRunning(holder.postgresPid)).toBe(true);
    expect(await readRunFile(folder)).toBeUndefined();

    const next = await startHere(folder);
    expect(next.postgres.notes).toEqual([expect.stringContaining(`(pid ${holder.postgresPid})`)]);
    expect(await isRunning(holder.postgresPid)).toBe(false);
    const { n } = await withDb(next.postgres.url, (db) => db.one<{ n: number }>({ text: 'select n from kept' }));
    expect(n).toBe(42);
    await next.stop();
  });

  it('of both, with their numbers in use by strangers, starts afresh', async () => {
    const folder = path.join(await makeFolder(), 'data');
    const holder = await startHolder(folder);
    await endChild(holder.child, 'SIGKILL');
    process.kill(holder.postgresPid, 'SIGKILL');
    const pidFile = path.join(folder, 'postgres', 'postmaster.pid');
    const stale = await readFile(pidFile, 'utf8');
    await writeFile(pidFile, stale.replace(/^\d+/, String(process.pid)));
    const next = await startHere(folder);
    expect(next.postgres.notes).toEqual([]);
    await next.stop();
  });

  it('of both, starts afresh', async () => {
    const folder = path.join(await makeFolder(), 'data');
    const holder = await startHolder(folder);
    process.kill(holder.postgresPid, 'SIGKILL');
    await endChild(holder.child, 'SIGKILL');
    const next = await startHere(folder);
    await next.stop();
  });

  it.each([0, 60, 250])('in the midst of the first start (%i ms into it) begins it again', async (delayMs) => {
    const folder = path.join(await makeFolder(), 'data');
    const { child } = spawnHolder(folder);
    while (!(await names(folder)).some((name) => name.startsWith('postgres.half-'))) await sleep(5);
    await sleep(delayMs);
    await endChild(child, 'SIGKILL');
    expect(await names(folder)).not.toContain('postgres');
    const next = await startHere(folder);
    expect((await names(folder)).filter((name) => name.startsWith('postgres.half-'))).toEqual([]);
    await next.stop();
  });
});

(isRoot ? describe : describe.skip)('as root in a folder that no other account can reach', () => {
  it('keeps the data where PostgreSQL can reach them, says so, and finds them again', async () => {
    const shared = await stat('/var/lib/starhash').catch(() => undefined);
    const folder = path.join(await makeFolder(0o700), 'data');
    const first = await startHere(folder);
    const cluster = (await readFile(path.join(folder, 'postgres.location'), 'utf8')).trim();
    try {
      expect(first.postgres.notes).toEqual([expect.stringContaining(`the data are in ${cluster}`)]);
      await withDb(first.postgres.url, (db) => db.run({ text: 'create table kept as select 42 as n' }));

      const copy = path.join(await makeFolder(0o700), 'data');
      await cp(folder, copy, { recursive: true });
      await rm(path.join(copy, 'starhash.lock'));
      await expect(startHere(copy)).rejects.toThrow(/are in use by another starhash/);
      await first.stop();

      const second = await startHere(folder);
      const { n } = await withDb(second.postgres.url, (db) => db.one<{ n: number }>({ text: 'select n from kept' }));
      expect(n).toBe(42);
      await second.stop();
    } finally {
      await rm(path.dirname(cluster), { recursive: true, force: true });
      if (!shared) await rmdir('/var/lib/starhash').catch(() => undefined); // other data may have come meanwhile
    }
    await expect(startHere(folder)).rejects.toThrow(/but they are not there: restore them from your backup/);
  });
});

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
