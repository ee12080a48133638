import { readFile } from 'node:fs/promises';
import { commands, bootstrap, parseLine, staffErrors, tokenKeyOf, type ActAnswer } from './admin';
import { keptSecrets, readStaffTokens } from './app';
import { readRunFile, StartError } from './embedded';
import { ConfigError, createDb, createIds, loadConfig, systemClock } from './platform';

/**
 * `npm run staff -- <command>`: what a member of the staff types, sent to the staff's door of the starhash that runs on
 * DATA_DIR, or at STAFF_URL. `bootstrap` alone goes to the database.
 */
const usage = `usage: npm run staff -- [--as <member>] <command> [<argument>…] [--reason "<why>"]
       npm run staff -- approve|reject <act> [--reason "<why>"]
       npm run staff -- bootstrap <member> "<full name>" <member> "<full name>"   the first two admins; needs DATABASE_URL

The token comes from STAFF_TOKEN; in the sandbox --as takes it from DATA_DIR/staff-tokens.json.`;

class UsageError extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

async function main(typed: readonly string[], environment: Environment): Promise<number> {
  const { as, words } = withoutAs(typed);
  const [first = 'help'] = words;
  if (first === 'help') return say(`${usage}\n\n${listOfCommands()}`);
  if (first === 'bootstrap') return bootstrapAdmins(words.slice(1));
  const { path, body } = requestOf(await withFiles(words));
  const dataDir = environment['DATA_DIR'] ?? './data';
  const token = as === undefined ? environment['STAFF_TOKEN'] : (await readStaffTokens(dataDir))[as];
  if (token === undefined)
    throw new UsageError(`whose token? Set STAFF_TOKEN, or in the sandbox say --as <member>\n\n${usage}`);
  return show(await post({ url: `${await doorOf(environment, dataDir)}/${path}`, token, body }));
}

/** `@limits.json` is what stands in that file. */
async function withFiles(words: readonly string[]): Promise<string[]> {
  return Promise.all(
    words.map((word) =>
      word.startsWith('@')
        ? readFile(word.slice(1), 'utf8').catch(() => {
            throw new UsageError(`cannot read ${word.slice(1)}`);
          })
        : Promise.resolve(word),
    ),
  );
}

/** What is sent for these words. Throws a UsageError that says which word is wrong. */
function requestOf(words: readonly string[]): Pick<Post, 'body'> & { path: string } {
  const line = parseLine(words);
  const [name = ''] = words;
  if (!line.ok) {
    if (line.error === 'command_unknown') throw new UsageError(`there is no command ${name}\n\n${listOfCommands()}`);
    const why = line.error === 'value_missing' ? 'needs a value' : 'is one word too many';
    throw new UsageError(`${line.detail?.['field'] ?? ''} ${why}\n${usageOf(name)}`);
  }
  const { value } = line;
  const reason = value.reason === undefined ? {} : { reason: value.reason };
  if (value.kind === 'command') return { path: value.command, body: { ...value.args, ...reason } };
  return { path: `acts/${value.act}/${value.decision}`, body: reason };
}

function withoutAs(typed: readonly string[]): { as: string | undefined; words: readonly string[] } {
  const at = typed.indexOf('--as');
  if (at === -1) return { as: undefined, words: typed };
  return { as: typed[at + 1] ?? '', words: [...typed.slice(0, at), ...typed.slice(at + 2)] };
}

function listOfCommands(): string {
  return commands
    .map(({ name, usage: rest, summary, roles, checkers }) => {
      const second = checkers ? `; a second person approves (${checkers.join(', ')})` : '';
      return `  ${`${name} ${rest}`.trimEnd()}\n      ${summary}\n      ${roles.join(', ')}${second}`;
    })
    .join('\n');
}

function usageOf(name: string): string {
  const command = commands.find((one) => one.name === name);
  return command
    ? `usage: ${command.name} ${command.usage} [--reason "<why>"]`
    : 'usage: approve|reject <act> [--reason "<why>"]';
}

async function doorOf(environment: Environment, dataDir: string): Promise<string> {
  const url = environment['STAFF_URL'];
  if (url !== undefined) return `${url.replace(/\/$/, '')}/staff/v1`;
  const port = environment['PORT'] ?? (await readRunFile(dataDir))?.port ?? 8019;
  return `http://127.0.0.1:${port}/staff/v1`;
}

interface Post {
  readonly url: string;
  readonly token: string;
  readonly body: Readonly<Record<string, string>>;
}

/** Sends it, and once more where no answer came: by its key it has one effect. */
async function post(request: Post): Promise<{ status: number; answer: unknown }> {
  const key = createIds(systemClock).uuid();
  try {
    return await send(request, key);
  } catch {
    return send(request, key).catch(() => {
      throw new StartError(`no answer at ${request.url}: does starhash run there? (PORT, STAFF_URL)`);
    });
  }
}

async function send({ url, token, body }: Post, key: string): Promise<{ status: number; answer: unknown }> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
  return { status: reply.status, answer: await reply.json() };
}

function show({ status, answer }: { status: number; answer: unknown }): number {
  if (status >= 400) {
    const { error } = answer as { error?: { message?: string } };
    process.stderr.write(`${error?.message ?? staffErrors.failed[1]}\n`);
    return 1;
  }
  const { says, rows, text, once } = answer as Omit<ActAnswer, 'number'>;
  const parts = [says, ...(text === undefined ? [] : [text]), ...(rows?.length ? [tableOf(rows)] : [])];
  if (once !== undefined) parts.push(`shown this once: ${once}`);
  return say(parts.join('\n'));
}

function tableOf(rows: readonly Readonly<Record<string, string>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const table = [Object.fromEntries(columns.map((column) => [column, column])), ...rows];
  const widths = columns.map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const lineOf = (row: Readonly<Record<string, string>>) =>
    columns.map((column, index) => (row[column] ?? '').padEnd(widths[index] ?? 0)).join('  ');
  return table.map((row) => lineOf(row).trimEnd()).join('\n');
}

/** Two at least: one alone could approve nothing. */
async function bootstrapAdmins(words: readonly string[]): Promise<number> {
  const admins = Array.from({ length: Math.floor(words.length / 2) }, (_, index) => ({
    staffId: words[index * 2] ?? '',
    fullName: words[index * 2 + 1] ?? '',
  }));
  const isNamed = admins.every(
    ({ staffId, fullName }) => /^[a-z][a-z0-9.-]{1,29}$/.test(staffId) && fullName.length >= 2,
  );
  if (admins.length < 2 || words.length % 2 === 1 || !isNamed) throw new UsageError(usage);
  const config = loadConfig(process.env);
  const url = config.databaseUrl ?? (await readRunFile(config.dataDir))?.databaseUrl;
  if (url === undefined) throw new StartError('set DATABASE_URL: the first admins are made in the database');
  const { indexKey } = await keptSecrets(config);
  const owner = createDb({ url, connectionsMax: 1, onError: () => undefined });
  try {
    const invited = await bootstrap(owner, { clock: systemClock, tokenKey: tokenKeyOf(indexKey) }, admins);
    if (!invited) throw new StartError('there is an admin already: they invite everybody else');
    const lines = invited.map(({ staffId, token }) => `${staffId}  ${token}`);
    return say(`Each activates within a day (STAFF_TOKEN=… npm run staff -- activate):\n${lines.join('\n')}`);
  } finally {
    await owner.close();
  }
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

main(process.argv.slice(2), process.env).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const clear = error instanceof StartError || error instanceof ConfigError || error instanceof UsageError;
    process.stderr.write(`${clear ? error.message : 'starhash: the command failed'}\n`);
    if (!clear) process.stderr.write(`${error instanceof Error ? error.name : 'unknown error'}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
