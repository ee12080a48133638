import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import people from '../../sims/people.json';
import { openBeside } from '../support/customers';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createPhone, messages, type Phone } from '../support/phone';
import { waitUntilGone } from '../support/processes';
import {
  cleanUp,
  freePorts,
  holdFreePort,
  isFree,
  launch,
  makeDataDir,
  runToEnd,
  startSystem,
  wholeSandbox,
  type Launched,
} from '../support/system';

jest.setTimeout(60_000);
afterEach(cleanUp);

const [hamim, kani] = people;
if (!hamim || !kani) throw new Error('sims/people.json has lost its people');
const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '');
const phoneOf = (system: Launched) => createPhone({ gatewayUrl: () => system.url });

async function balanceOf(phone: Phone, { msisdn, pin }: { msisdn: string; pin: string }): Promise<string> {
  const call = await phone.dial(msisdn);
  return (await call.answerAll('4', pin)).text;
}

async function pay(phone: Phone, amount: string): Promise<string> {
  const call = await phone.dial(hamim?.msisdn ?? '');
  return (await call.answerAll('1', kani?.msisdn ?? '', amount, hamim?.pin ?? '')).text;
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries === 40) throw new Error('it did not come true within two seconds');
    await sleep(50);
  }
}

/** What must not be there any more once a system has ended: its processes and its ports. */
async function leftovers(system: Launched, family: readonly number[]): Promise<string[]> {
  const pids = await waitUntilGone([system.pid, ...family], 3_000);
  const ports = [system.port, system.simPort];
  const taken = await Promise.all(ports.map(async (port) => ((await isFree(port)) ? [] : [`port ${port}`])));
  return [...pids.map((pid) => `pid ${pid}`), ...taken.flat()];
}

test('the first start makes a working system with the people of the sandbox; the second finds the data again (R205)', async () => {
  const first = await startSystem({ env: wholeSandbox });
  const health = await fetch(`${first.url}/health`);
  expect(await health.json()).toMatchObject({ status: 'working' });
  for (const { msisdn } of people) {
    expect(first.stdout()).toContain(msisdn);
    const { screen } = await phoneOf(first).dial(msisdn);
    expect(screen()).toMatchObject({ kind: 'CON', text: expect.stringContaining('Welcome') as string });
  }
  expect(await balanceOf(phoneOf(first), hamim)).toContain('KES 5,000.00');
  expect(await pay(phoneOf(first), '100')).toMatch(/^KES 100\.00 sent to Kani Achieng\..* Ref [A-Z0-9]{8}\./);
  expect(await messages(first.simUrl, kani.msisdn, 1)).toHaveLength(1);
  const family = await first.family();
  expect(family.length).toBeGreaterThan(2); // simulators, PostgreSQL, and its own
  expect(await first.stop()).toMatchObject({ code: 0, signal: null });
  expect(await leftovers(first, family)).toEqual([]);

  const again = { dataDir: first.dataDir, port: first.port, simPort: first.simPort };
  const second = await startSystem({ ...again, env: wholeSandbox });
  expect(await balanceOf(phoneOf(second), hamim)).toContain('KES 4,890.00');
  expect(await balanceOf(phoneOf(second), kani)).toContain('KES 1,300.00');
  const beside = await openBeside(second.dataDir);
  const life = await beside.services.db
    .rows<{ action: string }>({ text: `select action from audit_event where action like 'service.%' order by seq` })
    .finally(() => beside.close());
  expect(life.map(({ action }) => action)).toEqual(['service.started', 'service.stopped', 'service.started']);
});

// SIGTERM: the test above. SIGHUP comes when the terminal window is closed.
test.each(['SIGINT', 'SIGHUP'] as const)(
  '%s ends gateway, simulators and PostgreSQL within ten seconds, and with code 0',
  async (signal) => {
    const system = await startSystem();
    const family = await system.family();
    const { code, tookMs } = await system.stop(signal);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
    expect(await leftovers(system, family)).toEqual([]);
    expect(await readdir(system.dataDir)).not.toContain('starhash.lock');
    expect(await readdir(system.dataDir)).not.toContain('run.json');
  },
);

test('a second instance on the same folder is refused in one line, and the first works on', async () => {
  const first = await startSystem();
  const { ending, stderr, left } = await runToEnd({ dataDir: first.dataDir });
  expect(ending.code).toBe(1);
  expect(linesOf(stderr)).toEqual([expect.stringMatching(/^starhash: .* is in use by a running starhash \(pid \d+\)/)]);
  expect(stderr).toContain(String(first.pid));
  expect(left).toEqual([]);
  expect(await pay(phoneOf(first), '1')).toContain('sent to Kani');
});

test('a taken PORT or SIM_PORT is told by its name, and nothing is left running', async () => {
  const dataDir = await makeDataDir();
  const taken = await holdFreePort();
  try {
    const byPort = await runToEnd({ dataDir, port: taken.port });
    expect(byPort.ending.code).toBe(1);
    expect(linesOf(byPort.stderr)).toEqual([`starhash: port ${taken.port} is taken: set PORT to a free one`]);
    expect(byPort.left).toEqual([]);

    const bySimPort = await runToEnd({ dataDir, simPort: taken.port });
    expect(bySimPort.ending.code).toBe(1);
    expect(linesOf(bySimPort.stderr).at(-1)).toMatch(/^starhash: .*SIM_PORT/);
    // The simulators, a process of their own, may say which port it was.
    for (const line of linesOf(bySimPort.stderr)) expect(line).toMatch(/SIM_PORT/);
    expect(bySimPort.left).toEqual([]);
    expect(await isFree(bySimPort.system.port)).toBe(true);
  } finally {
    await taken.release();
  }
  await startSystem({ dataDir }); // nothing of the failed starts stands in the way
});

test('broken settings are named, and the value of a secret is not repeated', async () => {
  const dataDir = await makeDataDir();
  const env = { PORT: 'abc', QUOTE_TTL_MS: '-1', PIN_PEPPER: 'dev:5ecre7', INDEX_KEY: 'canary5ecre7' };
  const { ending, stdout, stderr } = await runToEnd({ dataDir, env });
  expect(ending.code).toBe(1);
  for (const name of Object.keys(env)) expect(stderr).toContain(name);
  expect(stdout + stderr).not.toContain('5ecre7');
  expect(linesOf(stderr)).toHaveLength(1);
  await expect(readdir(dataDir)).rejects.toThrow('ENOENT'); // not even the folder was made
});

describe('in production', () => {
  const secrets = {
    AFRICASTALKING_CALLBACK_TOKEN: 'production-token-1',
    AFRICASTALKING_API_KEY: 'key',
    AFRICASTALKING_BASE_URL: 'http://127.0.0.1:9',
    PIN_PEPPER: `k1:${'a1'.repeat(32)}`,
    DATA_KEY: `k1:${'b2'.repeat(32)}`,
    INDEX_KEY: 'c3'.repeat(32),
    HOP_KEY: 'd4'.repeat(32),
    AUDIT_KEY: `k1:${'e5'.repeat(32)}`,
    AUDIT_HEADS_SMS_TO: '+254700000099',
  };
  let database: TestDatabase;
  beforeEach(async () => (database = await createTestDatabase()));
  afterEach(async () => {
    await cleanUp();
    await database.drop();
  });

  test('it does not start without database, callback token and secrets, and names each', async () => {
    const { ending, stderr, left } = await runToEnd({ env: { NODE_ENV: 'production' } });
    expect(ending.code).toBe(1);
    for (const name of ['DATABASE_URL', ...Object.keys(secrets)]) expect(stderr).toContain(name);
    expect(left).toEqual([]);
    const but = { ...secrets, AFRICASTALKING_CALLBACK_TOKEN: '' };
    const one = await runToEnd({ env: { NODE_ENV: 'production', DATABASE_URL: database.url, ...but } });
    expect(one.ending.code).toBe(1);
    expect(linesOf(one.stderr)).toEqual([
      'starhash: AFRICASTALKING_CALLBACK_TOKEN must be set when NODE_ENV=production',
    ]);
    for (const value of Object.values(but).filter((text) => text.length > 3)) expect(one.stderr).not.toContain(value);
  });

  test('it has no simulators, seeds nobody, and answers only who knows the token', async () => {
    const system = await startSystem({ env: { NODE_ENV: 'production', DATABASE_URL: database.url, ...secrets } });
    expect(await database.db.one({ text: 'select count(*) as n from customer' })).toEqual({ n: 0n });
    expect(await isFree(system.simPort)).toBe(true);
    expect(system.stdout()).not.toContain(hamim.msisdn);
    const stranger = await phoneOf(system).dial(hamim.msisdn);
    expect(stranger.screen()).toMatchObject({ kind: undefined, status: 404 });
    const phone = createPhone({ gatewayUrl: () => system.url, token: secrets.AFRICASTALKING_CALLBACK_TOKEN });
    expect((await phone.dial(hamim.msisdn)).screen().text).toContain('Choose language');
    expect(await readdir(path.dirname(system.dataDir))).toEqual([]); // nothing was written beside the database
  });
});

test('with DATABASE_URL no PostgreSQL is started, and the data are in that database', async () => {
  const database = await createTestDatabase();
  try {
    const system = await startSystem({ env: { DATABASE_URL: database.url } });
    expect(await readdir(system.dataDir)).not.toContain('postgres');
    expect(await pay(phoneOf(system), '100')).toContain('sent to Kani');
    expect(await database.db.rows({ text: `select state from payment where amount_minor = 10000` })).toEqual([
      { state: 'completed' },
    ]);
    const family = await system.family();
    expect((await system.stop()).code).toBe(0);
    expect(await leftovers(system, family)).toEqual([]);
  } finally {
    await cleanUp();
    await database.drop(); // fails when a connection was left behind
  }
});

test('a DATABASE_URL where nobody answers is one line, without the password', async () => {
  const { port } = await freePorts();
  const env = { DATABASE_URL: `postgres://starhash:5ecre7@127.0.0.1:${port}/starhash` };
  const { ending, stderr, left } = await runToEnd({ env });
  expect(ending.code).toBe(1);
  expect(linesOf(stderr)).toEqual([expect.stringMatching(/^starhash: the database can't be reached .*DATABASE_URL$/)]);
  expect(stderr).not.toContain('5ecre7');
  expect(left).toEqual([]);
});

test('npm start that is killed with -9 takes everything with it within seconds', async () => {
  const system = await startSystem({ npm: true });
  const family = await system.family();
  expect(family.length).toBeGreaterThan(3);
  await system.kill('process'); // npm alone
  expect(await waitUntilGone(family, 8_000)).toEqual([]);
  expect(await leftovers(system, family)).toEqual([]);
});

test('after kill -9 the simulators are gone by themselves, and the next start works on the same folder and ports (R205)', async () => {
  const first = await startSystem();
  expect(await pay(phoneOf(first), '100')).toContain('sent to Kani');
  const family = await first.family();
  await first.kill('process');
  await eventually(() => isFree(first.simPort)); // PostgreSQL lives on: it does not know that its owner is dead

  const second = await startSystem({ dataDir: first.dataDir, port: first.port, simPort: first.simPort });
  expect(await waitUntilGone(family, 0)).toEqual([]); // the first one's PostgreSQL was stopped
  expect(await balanceOf(phoneOf(second), hamim)).toContain('KES 4,890.00');
});

test('a start that is stopped before it works leaves nothing behind', async () => {
  for (const delayMs of [400, 1_200]) {
    const system = await launch();
    await sleep(delayMs);
    const family = await system.family();
    const { tookMs } = await system.stop();
    expect(tookMs).toBeLessThan(10_000);
    expect(await leftovers(system, family)).toEqual([]);
  }
});
