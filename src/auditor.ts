import { access } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { keptSecrets } from './app';
import { pathOfPerson, pathOfTransfer, publicKeysOf, textOf, textOfPath, verifySnapshot, type Path } from './audit';
import { readRunFile, StartError } from './embedded';
import { ConfigError, createDb, loadConfig, parseMsisdn, type Config, type Db, type Tx } from './platform';

/**
 * `npm run audit:verify` and `npm run audit:path`: read the forensic log in the database of DATABASE_URL, or in that of
 * the starhash that runs on DATA_DIR. Exit status: 0 clean (or something was found), 1 not, 2 could not run.
 */
const usage = `usage: npm run audit:verify -- [--json] [--heads <file>] [--public-key <hex>]… [--sms <text>]…
       npm run audit:path -- transfer <id> [--json]
       npm run audit:path -- person <msisdn or customer id> --from <ISO time> --to <ISO time> [--json]`;

class UsageError extends Error {}

interface Place {
  readonly config: Config;
  readonly db: Db;
  /** The database is that of the starhash that runs on DATA_DIR. */
  readonly isOurs: boolean;
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  const work = command === 'verify' ? verifyCommand : command === 'path' ? pathCommand : undefined;
  if (!work) throw new UsageError(usage);
  const config = loadConfig(process.env);
  const url = config.databaseUrl ?? (await readRunFile(config.dataDir))?.databaseUrl;
  if (url === undefined)
    throw new StartError(`no starhash is running on ${config.dataDir}: start it, or set DATA_DIR or DATABASE_URL`);
  const db = createDb({ url, connectionsMax: 1, onError: () => undefined });
  try {
    return await work({ config, db, isOurs: config.databaseUrl === undefined }, args);
  } finally {
    await db.close();
  }
}

async function verifyCommand(place: Place, args: readonly string[]): Promise<number> {
  const { values } = parsed(args, {
    json: { type: 'boolean' },
    heads: { type: 'string' },
    'public-key': { type: 'string', multiple: true },
    sms: { type: 'string', multiple: true },
  });
  const publicKeys = await publicKeysFor(place, values['public-key'] ?? []);
  const file = values.heads ?? (await headsFileIfThere(place.config));
  const report = await verifySnapshot(place.db, {
    ...(file !== undefined && { published: { file, publicKeys } }),
    ...(values.sms && { messages: { texts: values.sms, publicKeys } }),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${values.json === true ? JSON.stringify(report) : textOf(report)}\n`);
  return report.clean ? 0 : 1;
}

/** Those that were given; else ours, where they are at hand. */
async function publicKeysFor({ config, isOurs }: Place, given: readonly string[]): Promise<string[]> {
  if (given.some((key) => !/^[0-9a-f]{64}$/i.test(key))) throw new UsageError('--public-key must be 64 hex digits');
  if (given.length > 0) return given.map((key) => key.toLowerCase());
  const ring = config.secrets.auditKeys ?? (isOurs ? (await keptSecrets(config)).auditKeys : undefined);
  return ring ? publicKeysOf(ring).map(({ publicKey }) => publicKey) : [];
}

async function headsFileIfThere({ audit: { headsFile } }: Config): Promise<string | undefined> {
  if (headsFile === undefined) return undefined;
  return access(headsFile).then(
    () => headsFile,
    () => undefined,
  );
}

async function pathCommand(place: Place, args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(args, {
    json: { type: 'boolean' },
    from: { type: 'string' },
    to: { type: 'string' },
  });
  const [of, id = '', ...more] = positionals;
  if (more.length > 0 || (of !== 'transfer' && of !== 'person')) throw new UsageError(usage);
  const path = await place.db.tx(async (tx) => {
    await tx.run({ text: 'set transaction isolation level repeatable read, read only' });
    return of === 'transfer' ? transferPath(tx, id) : personPath(tx, place.config, { id, ...values });
  });
  process.stdout.write(`${values.json === true ? JSON.stringify(path) : textOfPath(path)}\n`);
  return path.events.length + path.transfers.length > 0 ? 0 : 1;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function transferPath(tx: Tx, id: string): Promise<Path> {
  if (!uuid.test(id)) throw new UsageError('that is not the id of a transfer');
  return pathOfTransfer(tx, id);
}

interface PersonArgs {
  readonly id: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

async function personPath(tx: Tx, config: Config, { id, from, to }: PersonArgs): Promise<Path> {
  const period = { from: new Date(from ?? NaN), to: new Date(to ?? NaN) };
  if (Number.isNaN(period.from.getTime()) || Number.isNaN(period.to.getTime())) throw new UsageError(usage);
  const customerIds = uuid.test(id) ? [id.toLowerCase()] : await holdersOf(tx, config, { id, ...period });
  const paths: Path[] = [];
  for (const customerId of customerIds) {
    const accounts = await tx.rows<{ id: string }>({
      text: 'select account_id::text as id from account where owner_id = $1',
      values: [customerId],
    });
    paths.push(await pathOfPerson(tx, { customerId, accountIds: accounts.map((account) => account.id), ...period }));
  }
  return { transfers: paths.flatMap(({ transfers }) => transfers), events: paths.flatMap(({ events }) => events) };
}

/** A number is lent: whoever held it at any time of the period. */
async function holdersOf(tx: Tx, { market }: Config, asked: { id: string; from: Date; to: Date }): Promise<string[]> {
  const msisdn = parseMsisdn(asked.id, market.country);
  if (!msisdn) throw new UsageError('that is neither a phone number nor the id of a customer');
  const rows = await tx.rows<{ id: string }>({
    text: `select distinct customer_id as id from phone_assignment
           where msisdn = $1 and valid_from < $3 and coalesce(valid_to, 'infinity') > $2`,
    values: [msisdn, asked.from, asked.to],
  });
  return rows.map((row) => row.id);
}

function parsed<O extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(
  args: readonly string[],
  options: O,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : ''}\n${usage}`);
  }
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const clear = error instanceof StartError || error instanceof ConfigError || error instanceof UsageError;
    const text = error instanceof Error ? (clear ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${clear ? '' : 'starhash: could not run: '}${text}\n`);
    process.exitCode = 2;
  },
);
