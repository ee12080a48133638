import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createStaffRoutes, disableSandbox } from '../admin';
import { claimDataDir, loadSecrets, startPostgres, StartError, writeRunFile } from '../embedded';
import { openChart } from '../ledger';
import { createCamaraSimSwaps, type SimSwaps } from '../mno';
import { createDb, createIds, migrate, systemClock, type Config, type Db, type Log, type Secrets } from '../platform';
import { loadMarket } from '../rules';
import { createGateway } from './gateway';
import { createHttp } from './http';
import { proveKeys } from './key-proofs';
import { loadPeople, seedSandbox, type Person } from './sandbox';
import { loadNumbers, seedNumbers } from './sandbox-numbers';
import { seedStaff } from './sandbox-staff';
import { appRole, createServices, type Services } from './services';
import { createScheme, type Scheme } from './scheme';
import { isComplete, keptSecrets } from './secrets';
import { startSimulators } from './simulators';
import { startWorkers } from './workers';

/** A running starhash. */
export interface System {
  readonly port: number;
  readonly simPort: number | undefined;
  /** What the operator should know, a line each. */
  readonly notes: readonly string[];
  readonly people: readonly Person[];
  /** Ends everything that was started, the last first. */
  stop(): Promise<void>;
}

export interface SystemOptions {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
  /** The database under us is gone: nothing can go on. */
  readonly onFatal: (why: string) => void;
}

/** How long one step of a stop may take before the next begins: a provider or a query that hangs holds nothing up. */
const stepTimeoutMs = 1_500;
const postgresTimeoutMs = 5_000;

/** Undoes a piece of the start. */
interface Undo {
  readonly what: string;
  readonly run: () => Promise<void>;
  readonly timeoutMs?: number;
}
type OnStop = (undo: Undo) => void;

/** Starts what the configuration asks for, in order; whatever fails undoes what was started before it. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const undo: Undo[] = [];
  const stop = async (): Promise<void> => {
    for (let step = undo.pop(); step; step = undo.pop()) await undoWithin(step, options.log);
  };
  try {
    return { ...(await start(options, (step) => undo.push(step))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function undoWithin({ what, run, timeoutMs = stepTimeoutMs }: Undo, log: Log): Promise<void> {
  const late = sleep(timeoutMs, 'late' as const, { ref: false });
  try {
    if ((await Promise.race([run(), late])) === 'late') log.warn({ what }, 'stopping goes on without it');
  } catch (error) {
    log.error({ err: error, what }, 'stopping goes on without it');
  }
}

async function start(options: SystemOptions, onStop: OnStop): Promise<Omit<System, 'stop'>> {
  const { config, log, version } = options;
  const { market } = config;
  loadMarket(market); // a country without rules is told before anything is started
  const http = createHttp({ log, version });
  const server = await listen(createServer(http.handler), config);
  const close: Undo = { what: 'http', run: () => closeServer(server) };
  onStop(close);
  const { port } = server.address() as AddressInfo;

  const ground = await prepareGround(options, port, onStop);
  const { secrets } = ground;
  const network = { baseUrl: config.mno.baseUrl };
  const opened = await openServices(options, { ...ground, simSwaps: simSwapsOf(options, network) }, onStop);
  const { services, scheme } = opened;
  const { db } = services;
  const people = await seed(options, ground, services);

  const simulators = await simulatorsOf(config, port);
  if (simulators) onStop({ what: 'simulators', run: () => simulators.stop() });
  network.baseUrl ??= simulators && `http://127.0.0.1:${simulators.port}/mno`;
  const smsBaseUrl = config.africasTalking.baseUrl ?? `http://127.0.0.1:${simulators?.port ?? 0}`;
  const gateway = createGateway({ services, config, secrets, smsBaseUrl, log });
  for (const { name, sms, push } of gateway.aggregators) {
    const workers = startWorkers(services, { sms, push, log, headsIntervalMs: config.audit.headsIntervalMs });
    onStop({ what: `workers of ${name}`, run: () => workers.stop() });
  }
  onStop({ what: 'parked work', run: () => gateway.drain() });
  onStop(close); // first of all: whoever calls is answered, nobody new is let in
  const staff = createStaffRoutes({ staff: services.staff, clock: services.clock, log });
  http.open(db, { aggregators: gateway.aggregators, staff, scheme: scheme.door });
  return { port, simPort: simulators?.port, notes: ground.notes, people };
}

/** The domain on a database that is up to date. Its owner migrates; all else is done as a role that may do less. */
async function openServices(
  { config, log, version }: SystemOptions,
  { databaseUrl: url, secrets, simSwaps }: Ground & { readonly simSwaps: SimSwaps },
  onStop: OnStop,
): Promise<{ services: Services; scheme: Scheme }> {
  const { market, limits, databaseConnectionsMax: connectionsMax } = config;
  const onError = (error: Error) => log.error({ err: error }, 'a database connection broke');
  const owner = createDb({ url, connectionsMax: 1, onError });
  await bringUpToDate(owner).finally(() => owner.close());
  const db = createDb({ url, connectionsMax, role: appRole, onError });
  onStop({ what: 'database connections', run: () => db.close() });

  const ids = createIds(systemClock);
  const lanes = connectionsMax < connectionsForTwoLanes ? 1 : 2;
  const monotonicMs = () => performance.now();
  const heads = config.audit;
  const mno = { simSwaps, simSwapHoldMs: config.mno.simSwapHoldMs };
  const deps = { db, clock: systemClock, log, secrets };
  const scheme = createScheme(config, deps);
  const toOthers = { ...config.scheme, ...scheme };
  const services = createServices({ ...deps, mno, scheme: toOthers, ids, market, limits, lanes, monotonicMs, heads });
  onStop({ what: 'word of counters', run: () => services.counter.idle() });
  await scheme.adapter.start(services.clearing.handler);
  onStop({ what: 'the scheme', run: () => scheme.adapter.stop() });
  await services.ledger.prepare(systemClock.now());
  await services.rules.refresh();
  await proveKeys(services, secrets);
  await db.tx((tx) => services.ledger.setTimeZone(tx, market.timeZone, { kind: 'system', id: 'gateway' }));
  await noteLife(services, 'service.started', version);
  onStop({ what: 'published heads', run: () => services.heads.publish().then(() => undefined) });
  onStop({ what: 'forensic log', run: () => noteLife(services, 'service.stopped', version) });
  onStop({ what: 'ledger', run: () => services.ledger.close() });
  await db.tx((tx) => openChart(services.ledger, tx, market.currency));
  return { services, scheme };
}

/** Half of a hop: somebody waits on the phone while the network is asked. */
const mnoTimeoutMs = 2_000;

/** The simulated network is not there before the gateway is: where it is asked is looked up each time. */
function simSwapsOf({ config, log }: SystemOptions, network: { readonly baseUrl: string | undefined }): SimSwaps {
  const { token, simSwapHoldMs: holdMs } = config.mno;
  return createCamaraSimSwaps({ baseUrl: () => network.baseUrl, token, timeoutMs: mnoTimeoutMs, holdMs, log });
}

/** Who is there from the first start on: nobody in production. People of one's own come without the numbers that force an outcome. */
async function seed(options: SystemOptions, ground: Ground, services: Services): Promise<readonly Person[]> {
  const { production, market, sandbox } = options.config;
  if (production) {
    await seedMembers(options, ground);
    return [];
  }
  const people = await loadPeople(sandbox.peopleFile);
  await seedSandbox(services, people, market);
  await seedMembers(options, ground);
  const isStandard = sandbox.peopleFile === undefined;
  if (isStandard) await seedNumbers(services, await loadNumbers(), options.log); // the staff freezes some of them
  return people;
}

/** The sandbox's staff may work in the sandbox and nowhere else. Only the owner of the database may let anybody in. */
async function seedMembers({ config, log }: SystemOptions, { databaseUrl: url, secrets }: Ground): Promise<void> {
  const { production, dataDir } = config;
  const onError = (error: Error) => log.error({ err: error }, 'a database connection broke');
  const owner = createDb({ url, connectionsMax: 1, onError });
  const work = production ? disableSandbox(owner) : seedStaff(owner, { dataDir, secrets, clock: systemClock });
  await work.then(() => undefined).finally(() => owner.close());
}

/** Each lane keeps a connection for itself; the others must be enough for everybody else. */
const connectionsForTwoLanes = 6;

/** That we came and went: who reads the log sees when nobody was here to write it (R101). */
async function noteLife({ db, audit }: Services, action: 'service.started' | 'service.stopped', version: string) {
  const actor = { kind: 'system', id: 'gateway' } as const;
  const subject = { kind: 'service', id: hostname() };
  await db.tx((tx) => audit.record(tx, [{ action, actor, subject, new: { version, pid: process.pid } }]));
}

interface Ground {
  readonly databaseUrl: string;
  readonly secrets: Secrets;
  readonly notes: readonly string[];
}

/** The secrets and the database: given from outside, or made and kept under DATA_DIR. */
async function prepareGround({ config, onFatal }: SystemOptions, port: number, onStop: OnStop): Promise<Ground> {
  const { databaseUrl, secrets: given, dataDir } = config;
  if (databaseUrl !== undefined && isComplete(given)) return { databaseUrl, secrets: given, notes: [] };
  const claimed = await claimDataDir(dataDir);
  onStop({ what: 'data folder', run: () => claimed.release() });
  const secrets = await keptSecrets({ secrets: given, dataDir: claimed.path });
  if (databaseUrl !== undefined) return { databaseUrl, secrets, notes: [] };
  const { databasePassword } = await loadSecrets(claimed.path);
  const postgres = await startPostgres({ dataDir: claimed.path, password: databasePassword });
  onStop({ what: 'PostgreSQL', run: () => postgres.stop(), timeoutMs: postgresTimeoutMs });
  postgres.onExit(onFatal);
  await writeRunFile(claimed.path, { pid: process.pid, databaseUrl: postgres.url, port });
  return { databaseUrl: postgres.url, secrets, notes: postgres.notes };
}

async function bringUpToDate(db: Db): Promise<void> {
  try {
    await db.one({ text: 'select 1 as one' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    throw new StartError(`the database can't be reached (${code}): check DATABASE_URL`);
  }
  await migrate(db);
}

/** With an aggregator of one's own there is nothing to simulate. */
async function simulatorsOf({ simPort, africasTalking, market, sandbox: { peopleFile } }: Config, port: number) {
  if (simPort === undefined || africasTalking.baseUrl !== undefined) return undefined;
  const { callbackToken } = africasTalking;
  const gatewayUrl = `http://127.0.0.1:${port}`;
  return startSimulators({ port: simPort, gatewayUrl, serviceCode: market.serviceCode, callbackToken, peopleFile });
}

function listen(server: Server, { host, port }: Config): Promise<Server> {
  server.requestTimeout = 15_000;
  server.headersTimeout = 10_000;
  // Longer than aggregators and switches keep a connection: were it ours to close, a request of theirs could meet the end of it.
  server.keepAliveTimeout = 65_000;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        new StartError(
          taken
            ? `port ${port} is taken: set PORT to a free one`
            : `can't listen on ${host}:${port} (${error.code ?? ''})`,
        ),
      );
    });
    server.listen(port, host, () => resolve(server));
  });
}

const drainMs = 1_000;

/** Answers what is under way, takes nothing new. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
