/**
 * How many payments across providers one gateway takes and makes, over FSPIOP with signatures on, every answer after a durable
 * commit: `npm run bench:switch -- --seconds 10 --at-once 32 --json`. The gateway and its PostgreSQL are processes of
 * their own; what is called `bench` (scheme and the other provider in one) is a third, on the same machine.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { addCrowd, openBeside, type Beside, type Member } from '../support/customers';
import { createPhone } from '../support/phone';
import { descendantsOf, processorUs } from '../support/processes';
import { cleanUp, startSystem, type Launched } from '../support/system';
import { createRecorder, rounded } from './ledger/figures';
import { machineOf } from './ledger/machine';
import { hubName, providerName, startFastHub, type FastHub } from './switch/hub';
import { payIn } from './switch/payee';
import { createFastPeer, payOut } from './switch/payer';

interface Plan {
  readonly seconds: number;
  readonly atOnce: number;
}

interface Figures {
  readonly what: string;
  readonly perSecond: number | undefined;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** Processor time for one payment. */
  readonly gatewayMs: number | undefined;
  readonly postgresMs: number | undefined;
  /** Of the database, for one payment: what the gateway polls for is in it. */
  readonly transactions: number | undefined;
}

const people = 400;
const balanceMinor = 10_000_000n;
const warmUp = 200;
const statisticsMs = 1_100;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string' }, 'at-once': { type: 'string' }, json: { type: 'boolean' } },
  });
  const plan = { seconds: Number(values.seconds ?? 10), atOnce: Number(values['at-once'] ?? 32) };
  const folder = await mkdtemp(path.join(tmpdir(), 'starhash-bench-switch-'));
  await chmod(folder, 0o711);
  let hub: FastHub | undefined;
  try {
    const peer = createFastPeer();
    const started: { system?: Launched } = {};
    hub = await startFastHub({
      folder,
      providerUrl: () => started.system?.url ?? '',
      onRequest: (message) => void (hub && peer.answer(hub, message).catch((error: unknown) => console.error(error))),
    });
    const env = { SCHEME: 'fspiop', FSPIOP_URL: hub.url, DFSP_ID: providerName, FSPIOP_PEER_KEY_FOLDER: folder };
    const keys = {
      FSPIOP_JWS_KEY_FILE: path.join(folder, `${providerName}.key`),
      FSPIOP_HUB_IDS: hubName,
      LOG_LEVEL: 'warn',
    };
    const system = await startSystem({ env: { ...env, ...keys } });
    started.system = system;
    const beside = await openBeside(system.dataDir);
    const members = await addCrowd(beside, people, balanceMinor);
    const rows = await measureBoth({ system, hub, beside, members, plan });
    await prove(beside);
    await beside.close();
    const setting = { machine: await machineOf(), ...plan };
    if (values.json) console.log(JSON.stringify({ ...setting, rows }, undefined, 2));
    else print(setting, rows);
  } finally {
    hub?.close();
    await cleanUp();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Bench {
  readonly system: Launched;
  readonly hub: FastHub;
  readonly beside: Beside;
  readonly members: readonly Member[];
  readonly plan: Plan;
}

async function measureBoth({ system, hub, beside, members, plan }: Bench): Promise<Figures[]> {
  const phone = createPhone({ gatewayUrl: () => system.url, keepAlive: true });
  const payee = (member: Member) => payIn(hub, member);
  const payer = (member: Member) => payOut(phone, member);
  const common = { system, beside, members, plan };
  const alone = { ...common, plan: { ...plan, atOnce: 1 } };
  return [
    await measure('payee: quote + transfer', payee, common),
    await measure('payee, one at a time', payee, alone),
    await measure('payer: by phone, PIN to receipt', payer, common),
    await measure('payer, one at a time', payer, alone),
  ];
}

/** `atOnce` payments under way all the time; everybody takes turns, so that nobody's limit is reached. */
async function measure(
  what: string,
  pay: (member: Member) => Promise<{ readonly tookMs: number }>,
  { system, beside, members, plan }: Omit<Bench, 'hub'>,
): Promise<Figures> {
  let turn = 0;
  const next = (): Member => {
    const member = members[(turn += 1) % members.length];
    if (!member) throw new Error('there is nobody');
    return member;
  };
  const run = async (until: () => boolean): Promise<ReturnType<typeof createRecorder>> => {
    const recorder = createRecorder();
    const line = async (): Promise<void> => {
      while (!until()) recorder.add((await pay(next())).tookMs);
    };
    await Promise.all(Array.from({ length: plan.atOnce }, line));
    return recorder;
  };
  const warmUntil = turn + warmUp;
  await run(() => turn >= warmUntil);
  const [transactionsBefore, before] = [await transactionsOf(beside), await processorTime(system)];
  const startedAt = performance.now();
  const recorder = await run(() => performance.now() - startedAt >= plan.seconds * 1_000);
  const seconds = (performance.now() - startedAt) / 1_000;
  const [after, transactionsAfter] = [await processorTime(system), await transactionsOf(beside)];
  const done = recorder.count();
  const { p50Ms, p95Ms, p99Ms } = recorder.figures();
  return {
    what,
    perSecond: rounded(done / seconds, 0),
    p50Ms: rounded(p50Ms, 1),
    p95Ms: rounded(p95Ms, 1),
    p99Ms: rounded(p99Ms, 1),
    gatewayMs: rounded((after.gatewayMs - before.gatewayMs) / done),
    postgresMs: rounded((after.postgresMs - before.postgresMs) / done),
    transactions: rounded((transactionsAfter - transactionsBefore) / done, 1),
  };
}

async function processorTime({ pid }: Launched): Promise<{ gatewayMs: number; postgresMs: number }> {
  const below = await Promise.all((await descendantsOf(pid)).map((child) => processorUs(child, 'postgres')));
  return {
    gatewayMs: (await processorUs(pid, 'node')) / 1_000,
    postgresMs: below.reduce((sum, us) => sum + us, 0) / 1_000,
  };
}

/** Committed so far; each process of PostgreSQL tells it a second late at most. */
async function transactionsOf({ services: { db } }: Beside): Promise<number> {
  await sleep(statisticsMs);
  const { count } = await db.one<{ count: bigint }>({
    text: 'select xact_commit as count from pg_stat_database where datname = current_database()',
  });
  return Number(count);
}

/** What was fast and wrong is not fast: the books are proven, and nothing is left undecided. */
async function prove({ services: { ledger, db } }: Beside): Promise<void> {
  const { deviation } = await ledger.verify(db);
  if (deviation) throw new Error(`the books do not verify: ${JSON.stringify(deviation)}`);
  const open = await db.one<{ count: string }>({
    text: `select count(*)::text from outgoing_transfer where state = 'open'`,
  });
  if (open.count !== '0') throw new Error(`${open.count} transfers to ${hubName} are undecided`);
}

function print({ machine, seconds, atOnce }: Plan & { readonly machine: string }, rows: readonly Figures[]): void {
  console.log(`${machine}\n${seconds} s each, ${atOnce} at once; signatures RS256 both ways; times in milliseconds\n`);
  console.table(Object.fromEntries(rows.map(({ what, ...figures }) => [what, figures])));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
