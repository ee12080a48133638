import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { claimDataDir, loadSecrets, readRunFile, startPostgres } from '../../../src/embedded';
import { cleanUp, endChild, isRoot, makeFolder, nobody, nobodyCanRun, startHere, startHolder, withDb } from './helpers';

afterEach(cleanUp);

const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe('a data folder', () => {
  it('keeps its data from one start to the next, in files for its owner only', async () => {
    const folder = path.join(await makeFolder(), 'data');
    const first = await startHere(folder);
    await withDb(first.postgres.url, async (db) => {
      await db.run({ text: 'create table kept as select 42 as n' });
      const settings = await db.rows<{ name: string; setting: string }>({
        text: `select name, setting from pg_settings
                where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses') order by name`,
      });
      expect(settings.map(({ name, setting }) => `${name}=${setting}`)).toEqual([
        'fsync=on',
        'full_page_writes=on',
        'listen_addresses=127.0.0.1',
        'synchronous_commit=on',
      ]);
      const { encoding } = await db.one<{ encoding: string }>({
        text: `select pg_encoding_to_char(encoding) || ' ' || datcollate as encoding from pg_database
                where datname = current_database()`,
      });
      expect(encoding).toBe('UTF8 C');
    });
    expect(first.postgres.notes).toEqual([]);
    expect(await modeOf(folder)).toBe(isRoot ? '710' : '700');
    for (const file of ['secrets.json', 'starhash.lock', 'postgres.log'])
      expect(await modeOf(path.join(folder, file))).toBe('600');
    await first.stop();
    expect((await readdir(folder)).sort()).toEqual(['postgres', 'postgres.log', 'secrets.json']);

    const second = await startHere(folder);
    const { n } = await withDb(second.postgres.url, (db) => db.one<{ n: number }>({ text: 'select n from kept' }));
    expect(n).toBe(42);
    await second.stop();
  });

  it('lets nobody in without the password', async () => {
    const { postgres, stop } = await startHere(path.join(await makeFolder(), 'data'));
    const url = new URL(postgres.url);
    url.password = 'f'.repeat(64);
    await expect(withDb(url.href, (db) => db.one({ text: 'select 1' }))).rejects.toMatchObject({ code: '28P01' });
    await stop();
  });

  it('keeps statements, parameters and values out of the log', async () => {
    const { dataDir, postgres, stop } = await startHere(path.join(await makeFolder(), 'data'));
    await withDb(postgres.url, async (db) => {
      await db.run({ text: 'create table t (v text primary key)' });
      await db.run({ text: "insert into t values ('mark1')" });
      await expect(db.run({ text: 'insert into t values ($1)', values: ['mark1'] })).rejects.toThrow('duplicate key');
      await expect(db.run({ text: 'select $1::int', values: ['mark2'] })).rejects.toThrow('mark2');
      await expect(db.run({ text: 'select mark3' })).rejects.toThrow('mark3');
    });
    await stop();
    const log = await readFile(path.join(dataDir.path, 'postgres.log'), 'utf8');
    expect(log).toContain('ready to accept connections');
    expect(log).not.toMatch(/mark\d/);
  });

  it('is told apart from the data of another password', async () => {
    const folder = path.join(await makeFolder(), 'data');
    await (await startHere(folder)).stop();
    const dataDir = await claimDataDir(folder);
    await expect(startPostgres({ dataDir: folder, password: '0'.repeat(64) })).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringContaining('does not open the database') as string,
    });
    await dataDir.release();
  });

  it('is told of a server that dies', async () => {
    const { dataDir, postgres } = await startHere(path.join(await makeFolder(), 'data'));
    const heard = new Promise<string>((resolve) => postgres.onExit(resolve));
    process.kill(postgres.pid, 'SIGKILL');
    expect(await heard).toMatch(/^PostgreSQL \(pid \d+\) ended by itself \(SIGKILL\)/);
    const late = new Promise<string>((resolve) => postgres.onExit(resolve));
    expect(await late).toMatch(/ended by itself/);
    await postgres.stop();
    await dataDir.release();
  });

  (nobodyCanRun ? it : it.skip)('belongs to an ordinary user as well', async () => {
    const folder = path.join(await makeFolder(0o700, nobody), 'some data');
    const holder = await startHolder(folder, nobody);
    expect(holder.failure).toBeUndefined();
    expect(holder.notes).toEqual([]);
    expect(await stat(path.join(folder, 'postgres'))).toMatchObject(nobody);
    expect(await readRunFile(folder)).toEqual({ pid: holder.pid, databaseUrl: holder.url });
    await endChild(holder.child, 'SIGTERM');
    expect(await readRunFile(folder)).toBeUndefined();
  });
});

describe('secrets.json', () => {
  it('is made once, of six keys', async () => {
    const { path: folder, release } = await claimDataDir(path.join(await makeFolder(), 'data'));
    const made = await loadSecrets(folder);
    expect(new Set(Object.values(made)).size).toBe(6);
    expect(Object.values(made).every((key) => /^[0-9a-f]{64}$/.test(key))).toBe(true);
    expect(await loadSecrets(folder)).toEqual(made);
    await release();
  });

  it.each(['', '{"pinPepper": "12"}', 'null', '[]', '{"pinPepper": "'])(
    'is left as it is when broken: %j',
    async (text) => {
      const { path: folder, release } = await claimDataDir(path.join(await makeFolder(), 'data'));
      await writeFile(path.join(folder, 'secrets.json'), text);
      await expect(loadSecrets(folder)).rejects.toMatchObject({
        name: 'StartError',
        message: expect.stringMatching(/secrets\.json is broken/) as string,
      });
      expect(await readFile(path.join(folder, 'secrets.json'), 'utf8')).toBe(text);
      await release();
    },
  );

  it('is not made anew beside a database', async () => {
    const { path: folder, release } = await claimDataDir(path.join(await makeFolder(), 'data'));
    await writeFile(path.join(folder, 'postgres.location'), '/somewhere\n');
    await expect(loadSecrets(folder)).rejects.toThrow(/secrets\.json is missing although/);
    await release();
  });
});

describe('what the operator can mend', () => {
  it('is told in one line when the folder cannot be made', async () => {
    const file = path.join(await makeFolder(), 'file');
    await writeFile(file, '');
    await expect(claimDataDir(path.join(file, 'data'))).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(/^cannot use the data folder .*DATA_DIR.*(not a folder|in the way)$/) as string,
    });
  });

  (nobodyCanRun ? it : it.skip)('is told in one line when the folder may not be written', async () => {
    const holder = await startHolder(path.join(await makeFolder(0o755), 'data'), nobody);
    expect(holder.failure).toMatch(/^StartError: cannot use the data folder .*: permission denied$/);
  });

  it('is told in one line when something else is in the place of the data', async () => {
    const folder = path.join(await makeFolder(), 'data');
    const { release } = await claimDataDir(folder);
    await mkdir(path.join(folder, 'postgres', 'holiday pictures'), { recursive: true });
    await release();
    await writeFile(path.join(folder, 'secrets.json'), JSON.stringify(fakeSecrets));
    await expect(startHere(folder)).rejects.toThrow(/postgres is in the way: it is neither empty nor/);
  });
});

const fakeSecrets = Object.fromEntries(
  ['pinPepper', 'dataKey', 'indexKey', 'hopKey', 'databasePassword'].map((name) => [name, 'a'.repeat(64)]),
);
