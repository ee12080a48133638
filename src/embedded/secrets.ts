import { randomBytes } from 'node:crypto';
import { access, chmod, link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { deriveKey } from '../platform';
import { codeOf, orStartError, StartError } from './start-error';

const names = ['pinPepper', 'dataKey', 'indexKey', 'hopKey', 'databasePassword', 'auditKey'] as const;

/** Each 32 random bytes as 64 hex digits. Losing `dataKey` or `pinPepper` loses what they protect. */
export type Secrets = Readonly<Record<(typeof names)[number], string>>;

/**
 * Reads DATA_DIR/secrets.json (0600), or makes it on the first start. StartError when it cannot be read or is broken,
 * or is missing beside a database that was made with it. What is there is never written over: keys would be lost.
 */
export async function loadSecrets(dataDir: string): Promise<Secrets> {
  const file = path.join(dataDir, 'secrets.json');
  const text = await orStartError(`cannot read ${file}`, () => readIfThere(file));
  if (text !== undefined) {
    await tighten(file);
    return parseSecrets(file, await withAuditKey(file, text));
  }
  for (const trace of ['postgres', 'postgres.location']) {
    if (await exists(path.join(dataDir, trace)))
      throw new StartError(
        `${file} is missing although ${dataDir} holds a database that was made with it: put the file back from your backup, or move the whole folder away to begin anew`,
      );
  }
  const secrets = Object.fromEntries(names.map((name) => [name, randomBytes(32).toString('hex')]));
  const made = `${JSON.stringify(secrets, undefined, 2)}\n`;
  await orStartError(`cannot write ${file}`, () => writeOnce(file, made));
  return parseSecrets(file, made);
}

/** Complete and on the disk before it gets its name; fails when the name is taken. */
async function writeOnce(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  await writeFresh(fresh, text);
  await link(fresh, file);
  await rm(fresh);
}

async function writeFresh(fresh: string, text: string): Promise<void> {
  await rm(fresh, { force: true });
  const handle = await open(fresh, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Installations from before the audit key get one beside what they have. It is made from `dataKey`, one way: two
 * processes that meet here write the same, and where nothing can be written every start makes the same.
 */
async function withAuditKey(file: string, text: string): Promise<string> {
  const fields = parseObject(text);
  if (!fields || 'auditKey' in fields || faultyOf(fields).some((name) => name !== 'auditKey')) return text;
  const derived = deriveKey(Buffer.from(String(fields['dataKey']), 'hex'), 'audit key');
  const grown = `${JSON.stringify({ ...fields, auditKey: derived.toString('hex') }, undefined, 2)}\n`;
  const fresh = `${file}.${randomBytes(4).toString('hex')}.new`;
  await writeFresh(fresh, grown)
    .then(() => rename(fresh, file))
    .catch(() => rm(fresh, { force: true }).catch(() => undefined));
  return grown;
}

function parseSecrets(file: string, text: string): Secrets {
  const fields = parseObject(text);
  const faulty = faultyOf(fields ?? {});
  if (fields && faulty.length === 0) return fields as Secrets;
  const why = fields ? `${faulty.join(', ')} must be 64 hex digits` : 'it is not a JSON object';
  throw new StartError(
    `${file} is broken (${why}): put it back from your backup; it is left as it is, because it holds keys`,
  );
}

function faultyOf(fields: Record<string, unknown>): string[] {
  return names.filter((name) => !/^[0-9a-f]{64}$/.test(String(fields[name])));
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // the error would quote the file
  }
}

async function tighten(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) await chmod(file, 0o600).catch(() => undefined); // on a read-only mount it stays as it is
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
