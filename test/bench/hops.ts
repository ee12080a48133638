/**
 * How long a hop takes: a call of ten hops that sends money, made by one caller after another and by many at once, to
 * a system of its own with its embedded PostgreSQL. The clock runs at the provider's side, from the request to the last
 * byte of the answer: `node --import tsx test/bench/hops.ts --calls 300 --callers 50 --json`.
 */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { addCrowd, openBeside, type Member } from '../support/customers';
import { createPhone, type Phone } from '../support/phone';
import { cleanUp, makeDataDir, startSystem } from '../support/system';

/** Hop by hop: what is typed, what must come, and whether a PIN is checked (argon2id, on purpose 20 ms of work). */
const hops = [
  { name: 'dial', type: () => undefined, shows: 'Send money' },
  { name: 'send money', type: () => '1', shows: 'number' },
  { name: 'bad number', type: () => 'abc', shows: 'not a phone number' },
  { name: 'number', type: ({ payee }: Turn) => payee.msisdn, shows: 'How much' },
  { name: 'bad amount', type: () => '12,5', shows: 'Type the amount in digits' },
  { name: 'amount', type: () => '10', shows: 'Enter your PIN' },
  { name: 'back', type: () => '0', shows: 'How much' },
  { name: 'amount again', type: () => '1', shows: 'Total KES 11.00' },
  { name: 'wrong PIN', type: () => '5039', shows: 'Wrong PIN', pin: true },
  { name: 'right PIN', type: ({ me }: Turn) => me.pin, shows: 'sent to', pin: true },
] as const;

interface Turn {
  readonly me: Member;
  readonly payee: Member;
}

interface Sample {
  readonly hop: number;
  readonly ms: number;
}

interface Figures {
  readonly hops: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Round {
  readonly callers: number;
  readonly calls: number;
  readonly seconds: number;
  readonly callsPerSecond: number;
  readonly all: Figures;
  readonly withoutPin: Figures;
  readonly withPin: Figures;
  readonly byHop: Readonly<Record<string, Figures>>;
}

const warmUpCalls = 20;
const balanceMinor = 100_000_000n;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { calls: { type: 'string' }, callers: { type: 'string' }, json: { type: 'boolean' } },
  });
  const calls = Number(values.calls ?? 300);
  const callers = Number(values.callers ?? 50);
  try {
    const system = await startSystem({ dataDir: await makeDataDir(), env: { LOG_LEVEL: 'warn' } });
    const beside = await openBeside(system.dataDir);
    const members = await addCrowd(beside, callers + 1, balanceMinor);
    const postgres = await settingsOf(beside.services.db);
    await beside.close();
    const phone = createPhone({ gatewayUrl: () => system.url, keepAlive: true });
    await measure(phone, members, { callers: 4, calls: warmUpCalls });
    const rounds = [
      await measure(phone, members, { callers: 1, calls }),
      await measure(phone, members, { callers, calls: Math.max(calls, callers * 4) }),
    ];
    const setting = { machine: machine(), node: process.version, postgres, hopsPerCall: hops.length, warmUpCalls };
    if (values.json) console.log(JSON.stringify({ ...setting, rounds }, undefined, 2));
    else print(setting, rounds);
  } finally {
    await cleanUp();
  }
}

/** `callers` people call at the same time, each again as soon as the last call is over, until `calls` were made. */
async function measure(
  phone: Phone,
  members: readonly Member[],
  { callers, calls }: { callers: number; calls: number },
): Promise<Round> {
  const samples: Sample[] = [];
  let begun = 0;
  const startedAt = performance.now();
  const oneCaller = async (index: number): Promise<void> => {
    const [me, payee] = [members[index], members[(index + 1) % members.length]];
    if (!me || !payee) throw new Error('there are too few people');
    while (begun < calls) {
      begun += 1;
      await oneCall(phone, { me, payee }, samples);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, index) => oneCaller(index)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const figures = (keep: (hop: number) => boolean) => figuresOf(samples.filter(({ hop }) => keep(hop)));
  const isPin = (hop: number) => 'pin' in (hops[hop] ?? {});
  return {
    callers,
    calls: begun,
    seconds: round(seconds),
    callsPerSecond: round(begun / seconds),
    all: figures(() => true),
    withoutPin: figures((hop) => !isPin(hop)),
    withPin: figures(isPin),
    byHop: Object.fromEntries(hops.map(({ name }, index) => [name, figures((hop) => hop === index)])),
  };
}

/** Throws at an answer that is not the one of a call that goes well: a fast refusal must not count as a fast hop. */
async function oneCall(phone: Phone, turn: Turn, samples: Sample[]): Promise<void> {
  let startedAt = performance.now();
  const call = await phone.dial(turn.me.msisdn);
  for (const [index, { name, type, shows }] of hops.entries()) {
    if (index > 0) {
      startedAt = performance.now();
      await call.answer(type(turn) ?? '');
    }
    samples.push({ hop: index, ms: performance.now() - startedAt });
    const { kind, text } = call.screen();
    if (!text.includes(shows)) throw new Error(`hop "${name}" was answered ${kind} ${JSON.stringify(text)}`);
  }
  await call.end('Success');
}

function figuresOf(samples: readonly Sample[]): Figures {
  const sorted = samples.map(({ ms }) => ms).sort((one, other) => one - other);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { hops: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

const round = (value: number) => Math.round(value * 10) / 10;

function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

async function settingsOf(db: { rows: <R extends object>(query: { text: string }) => Promise<R[]> }): Promise<string> {
  const rows = await db.rows<{ name: string; setting: string }>({
    text: `select name, current_setting(name) as setting from pg_settings
           where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers')
           order by name`,
  });
  return rows.map(({ name, setting }) => `${name}=${setting}`).join(' ');
}

function print(setting: { machine: string; node: string; postgres: string }, rounds: readonly Round[]): void {
  console.log(`${setting.machine}; Node ${setting.node}; PostgreSQL ${setting.postgres}`);
  console.log('The callers run on the same machine as gateway, simulators and database. Milliseconds.\n');
  for (const { callers, calls, seconds, callsPerSecond, all, withoutPin, withPin, byHop } of rounds) {
    console.log(`${callers} at once: ${calls} calls of ten hops in ${seconds} s, ${callsPerSecond} calls/s`);
    console.table({ ...byHop, 'without PIN': withoutPin, 'with PIN': withPin, 'all hops': all });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
