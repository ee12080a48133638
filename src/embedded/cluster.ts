import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, orStartError, StartError } from './start-error';
import { lastWords, runTool, type Tools } from './tools';

/** The role that owns everything in the embedded server. */
export const superuser = 'starhash';

const halfMade = 'postgres.half-';

/**
 * Makes the cluster where there is none: beside its place, and moved there when it is complete, so that one that was
 * cut off is never taken for data. StartError when it cannot be made or is of another major version.
 */
export async function ensureCluster(tools: Tools, cluster: string, password: string): Promise<void> {
  const parent = path.dirname(cluster);
  for (const name of await readdir(parent)) {
    if (name.startsWith(halfMade))
      await rm(path.join(parent, name), { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
  const version = await versionOf(cluster);
  if (version !== undefined) return checkVersion(tools, cluster, version);
  await removeIfEmpty(cluster);
  const half = await orStartError(`cannot write ${parent}`, () => mkdtemp(path.join(parent, halfMade)));
  try {
    await orStartError(`cannot make the database in ${cluster}`, async () => {
      await initialise(tools, half, password);
      await rename(path.join(half, 'data'), cluster);
    });
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

async function initialise(tools: Tools, half: string, password: string): Promise<void> {
  const [data, passwordFile] = [path.join(half, 'data'), path.join(half, 'password')];
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
  const { account } = tools;
  if (account) for (const file of [half, data, passwordFile]) await chown(file, account.uid, account.gid);
  const { ok, output } = await runTool(tools, 'initdb', [
    `--pgdata=${data}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--no-locale',
    '--auth-host=scram-sha-256',
    '--auth-local=scram-sha-256',
    '--no-instructions',
  ]).finally(() => rm(passwordFile, { force: true }));
  if (!ok) throw new StartError(`cannot make the database in ${path.dirname(half)}: ${lastWords(output)}`);
}

async function versionOf(cluster: string): Promise<string | undefined> {
  const file = path.join(cluster, 'PG_VERSION');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error) !== 'EACCES') throw new StartError(`cannot read ${file}`, { cause: error });
    throw new StartError(
      `cannot read ${file}: the data belong to another user (was starhash started as root before?); start as that user`,
      { cause: error },
    );
  }
}

async function checkVersion(tools: Tools, cluster: string, found: string): Promise<void> {
  const { output } = await runTool(tools, 'postgres', ['--version']);
  const ours = /(\d+)\.\d+/.exec(output)?.[1] ?? '';
  if (found === ours) return;
  throw new StartError(
    `the data in ${cluster} were made by PostgreSQL ${found}, and this starhash comes with ${ours}: go back to the earlier starhash and export them`,
  );
}

async function removeIfEmpty(cluster: string): Promise<void> {
  try {
    await rmdir(cluster);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw new StartError(`${cluster} is in the way: it is neither empty nor the data of PostgreSQL`, { cause: error });
  }
}
