import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSim } from '../../support/sim-process';
import { type Ask, asking, createAccounts, LEDGER, listening, nets, pause, type Plan, planned } from './harness';

interface Child {
  process: ChildProcess;
  ports: Parameters<typeof asking>[0];
  ask: Ask;
}

/** The scheme as `npm run sim:scheme` starts it: a process of its own. */
async function launch(dataDir: string): Promise<Child> {
  const ports = Object.fromEntries(
    ['API', 'ADMIN', 'DIRECTORY', 'RULES', 'FRAUD'].map((name) => [`SCHEME_${name}_PORT`, '0']),
  );
  const { child, ports: taken } = await spawnSim('scheme', {
    ...ports,
    SCHEME_DATA_DIR: dataDir,
    SCHEME_LEDGER_URI: LEDGER,
  });
  return { process: child, ports: taken, ask: asking(taken) };
}

async function kill({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

type Known = Plan & { state: 'unknown' | 'prepared' | 'executed' | 'rejected'; wanted: 'executed' | 'rejected' };

describe('a journal that outlives its process', () => {
  let dataDir: string;
  let child: Child | undefined;
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'scheme-'));
  });
  afterEach(async () => {
    if (child !== undefined) await kill(child);
    child = undefined;
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Prepares and ends transfers until the scheme is gone; writes down what it acknowledged. */
  async function work(ask: Ask, known: Known[]): Promise<void> {
    for (;;) {
      const names = ['dfsp1', 'dfsp2', 'dfsp3'].sort(() => Math.random() - 0.5);
      const plan = planned({
        from: names[0] ?? '',
        to: names[1] ?? '',
        amount: String(1 + Math.floor(Math.random() * 9)),
      });
      const one: Known = { ...plan, state: 'unknown', wanted: Math.random() < 0.7 ? 'executed' : 'rejected' };
      known.push(one);
      expect((await ask('PUT', one.path, { body: one.body })).status).toBe(201);
      one.state = 'prepared';
      expect((await end(ask, one)).status).toBe(200);
      one.state = one.wanted;
      if (Math.random() < 0.05) await ask('POST', '/webhooks/settle-transfers');
    }
  }

  const end = (ask: Ask, { path: where, wanted, fulfillment }: Known) =>
    wanted === 'executed'
      ? ask('PUT', `${where}/fulfillment`, { text: fulfillment })
      : ask('PUT', `${where}/rejection`, { text: 'error happened' });

  test('R194, R197, R205: killed under load again and again, it loses nothing it acknowledged and does nothing twice', async () => {
    const known: Known[] = [];
    const heard = new Map<string, number>();
    child = await launch(dataDir);
    await createAccounts(child.ask, 'dfsp1', 'dfsp2', 'dfsp3');
    for (let round = 0; round < 5; round += 1) {
      const { ask, ports } = child;
      const listener = await listening(ports.api, '/accounts/dfsp1/transfers');
      const workers = Array.from({ length: 8 }, () => work(ask, known));
      await pause(150 + Math.random() * 350);
      await kill(child);
      // Each worker ends on a broken connection; a wrong answer would be a failed expectation.
      for (const outcome of await Promise.allSettled(workers)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'fetch failed' } });
      }
      (listener.messages as { resource: { id: string; state: string } }[]).forEach(({ resource: { id, state } }) =>
        heard.set(`${id} ${state}`, (heard.get(`${id} ${state}`) ?? 0) + 1),
      );
      child = await launch(dataDir);
      await checkAll(child.ask, known);
    }
    expect(known.filter(({ state }) => state !== 'unknown').length).toBeGreaterThan(100);
    expect([...heard.values()].every((times) => times === 1)).toBe(true);
    expect(heard.size).toBeGreaterThan(50);
  }, 120_000);

  /** Everything acknowledged is there, what was not can be repeated, and the sums are those of the transfers. */
  async function checkAll(ask: Ask, known: Known[]): Promise<void> {
    const { body: listed } = await ask('GET', '/transfers', { service: 'admin' });
    const states = new Map((listed as { id: string; state: string }[]).map(({ id, state }) => [id, state]));
    for (const one of known) {
      const state = states.get(one.body.id);
      if (one.state === 'prepared') expect(['proposed', 'executed', 'settled', 'rejected']).toContain(state);
      if (one.state === 'executed') expect(['executed', 'settled']).toContain(state);
      if (one.state === 'rejected') expect(state).toBe('rejected');
      if (one.state === 'unknown' || one.state === 'prepared') {
        expect((await ask('PUT', one.path, { body: one.body })).status).toBe(state === undefined ? 201 : 200);
        expect((await end(ask, one)).status).toBe(200);
        one.state = one.wanted;
      }
    }
    await checkSums(ask, known);
  }

  async function checkSums(ask: Ask, known: Known[]): Promise<void> {
    const { body } = await ask('GET', '/settlements', { service: 'admin' });
    const settled = (body as { transfers: string[] }[]).flatMap(({ transfers }) => transfers);
    expect(new Set(settled).size).toBe(settled.length);
    const expected: Record<string, bigint> = { dfsp1: 0n, dfsp2: 0n, dfsp3: 0n };
    for (const { state, uuid, body: transfer } of known) {
      if (state !== 'executed' || settled.includes(uuid)) continue;
      const name = (entry: Record<string, unknown> | undefined): string =>
        String(entry?.['account']).split('/').at(-1) ?? '';
      const amount = BigInt(String(transfer.debits[0]?.['amount'])) * 100n;
      expected[name(transfer.debits[0])] = (expected[name(transfer.debits[0])] ?? 0n) - amount;
      expected[name(transfer.credits[0])] = (expected[name(transfer.credits[0])] ?? 0n) + amount;
    }
    expect(await nets(ask)).toEqual(expected);
  }

  test('a batch that was torn off is cut away; one that is damaged before the end stops the start', async () => {
    child = await launch(dataDir);
    await createAccounts(child.ask, 'dfsp1', 'dfsp2');
    await kill(child);
    const file = path.join(dataDir, 'journal.log');
    const whole = await readFile(file, 'utf8');
    await appendFile(file, '1a2b3c4d [{"room":"ledger","eve');
    child = await launch(dataDir);
    expect(await readFile(file, 'utf8')).toBe(whole);
    await createAccounts(child.ask, 'dfsp3');
    expect(Object.keys(await nets(child.ask))).toEqual(['dfsp1', 'dfsp2', 'dfsp3']);
    await kill(child);
    await writeFile(file, (await readFile(file, 'utf8')).replace('dfsp1', 'dfsp9'));
    await expect(launch(dataDir)).rejects.toThrow('is damaged at byte 0');
  }, 60_000);

  test('a second process keeps away from the folder of the first, until that one is killed', async () => {
    child = await launch(dataDir);
    await expect(launch(dataDir)).rejects.toThrow(`another process works in ${dataDir}`);
    await kill(child);
    child = await launch(dataDir);
    expect(await child.ask('GET', '/health')).toMatchObject({ status: 200 });
  }, 60_000);

  test('SIGTERM ends it at once, and its data stay', async () => {
    child = await launch(dataDir);
    await createAccounts(child.ask, 'dfsp1');
    const gone = once(child.process, 'exit');
    child.process.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
    child = await launch(dataDir);
    expect(await child.ask('GET', '/accounts/dfsp1')).toMatchObject({ status: 200 });
  }, 60_000);
});
