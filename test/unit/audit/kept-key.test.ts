import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadSecrets } from '../../../src/embedded';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'starhash-secrets-'));
  file = path.join(folder, 'secrets.json');
});
afterEach(() => rm(folder, { recursive: true }));

/** As an installation from before the forensic log kept it, with something of a later one in it. */
const old = {
  pinPepper: '11'.repeat(32),
  dataKey: '22'.repeat(32),
  indexKey: '33'.repeat(32),
  hopKey: '44'.repeat(32),
  databasePassword: '55'.repeat(32),
  unknown: 'kept',
};
const stored = async () => JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;

test('an installation without an audit key gets one, and loses nothing', async () => {
  await writeFile(file, JSON.stringify(old), { mode: 0o600 });
  const first = await loadSecrets(folder);
  expect(first).toMatchObject(old);
  expect(first.auditKey).toMatch(/^[0-9a-f]{64}$/);
  expect(Object.values(old)).not.toContain(first.auditKey);
  expect(await stored()).toEqual(first);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await loadSecrets(folder)).toEqual(first);
  expect(await readdir(folder)).toEqual(['secrets.json']);
});

test('many that start at once get the same, and so does who comes after a crash in between', async () => {
  await writeFile(file, JSON.stringify(old), { mode: 0o600 });
  await writeFile(`${file}.12345.new`, '{"pinPepper": "11', { mode: 0o600 }); // as a kill -9 leaves it
  const all = await Promise.all(Array.from({ length: 10 }, () => loadSecrets(folder)));
  for (const one of all) expect(one).toEqual(all[0]);
  expect(await stored()).toEqual(all[0]);
});

test('where nothing can be written every start makes the same', async () => {
  await writeFile(file, JSON.stringify(old), { mode: 0o600 });
  const kept = await loadSecrets(folder);
  await writeFile(file, JSON.stringify(old));
  await chmod(folder, 0o500); // root writes all the same
  expect((await loadSecrets(folder)).auditKey).toBe(kept.auditKey);
  await chmod(folder, 0o700);
});

test('a broken file is left as it is', async () => {
  const broken = JSON.stringify({ ...old, dataKey: 'torn' });
  await writeFile(file, broken);
  await expect(loadSecrets(folder)).rejects.toThrow('dataKey, auditKey must be 64 hex digits');
  expect(await readFile(file, 'utf8')).toBe(broken);
  await writeFile(file, JSON.stringify({ ...old, auditKey: 'short' }));
  await expect(loadSecrets(folder)).rejects.toThrow('(auditKey must be 64 hex digits)');
});
