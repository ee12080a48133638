import { userInfo } from 'node:os';
import { runStaffCommand, usage, type StaffError } from './admin';
import { appRole, createServices, keptSecrets } from './app';
import { readRunFile, StartError } from './embedded';
import { ConfigError, createDb, createIds, createLog, loadConfig, systemClock, type Config } from './platform';

/** `npm run staff -- <command>`: works on the database of DATABASE_URL, or on that of the starhash that runs on DATA_DIR. */
const sentences: Readonly<Record<StaffError, string>> = {
  usage,
  msisdn_invalid: 'that is not a phone number',
  customer_unknown: 'no customer has this number',
};

async function main(args: readonly string[]): Promise<number> {
  const config = loadConfig(process.env);
  const url = await databaseUrl(config);
  const log = createLog('error');
  const onError = (error: Error) => log.error({ err: error }, 'a connection broke');
  const db = createDb({ url, connectionsMax: 2, role: appRole, onError });
  try {
    const { market, limits } = config;
    const secrets = await keptSecrets(config);
    const services = createServices({
      db,
      clock: systemClock,
      ids: createIds(systemClock),
      log,
      secrets,
      market,
      limits,
    });
    const done = await runStaffCommand({ ...services, staffId: userInfo().username }, args);
    process[done.ok ? 'stdout' : 'stderr'].write(`${done.ok ? done.value : sentences[done.error]}\n`);
    return done.ok ? 0 : 1;
  } finally {
    await db.close();
  }
}

async function databaseUrl({ databaseUrl: given, dataDir }: Config): Promise<string> {
  const url = given ?? (await readRunFile(dataDir))?.databaseUrl;
  if (url === undefined)
    throw new StartError(`no starhash is running on ${dataDir}: start it, or set DATA_DIR or DATABASE_URL`);
  return url;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const clear = error instanceof StartError || error instanceof ConfigError;
    process.stderr.write(`starhash: ${clear ? error.message : 'the command failed; nothing was changed'}\n`);
    if (!clear) process.stderr.write(`${error instanceof Error ? error.name : 'unknown error'}\n`);
    process.exitCode = 1;
  },
);
