import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { close } from '../../support/listen';
import { spawnSim, startHubProcess, type HubProcess } from '../../support/sim-process';
import { freePorts } from '../../support/system';

/** The hub as `npm run sim:hub` starts it, between two participants that take letters and say no more. */
let hub: HubProcess;
let ports: Readonly<Record<'payer' | 'payee', number>>;
const open: Server[] = [];

interface Letter {
  readonly what: string;
  readonly body: string;
  readonly signature: string | undefined;
}

beforeEach(async () => {
  const { port, simPort } = await freePorts();
  ports = { payer: port, payee: simPort };
  hub = await startHubProcess({ payer: `http://127.0.0.1:${port}`, payee: `http://127.0.0.1:${simPort}` });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(close));
  await hub.close();
});

/** A participant comes up. `status`: what it answers to the first letters, before it takes them. */
async function participant(name: 'payer' | 'payee', status: readonly number[] = []): Promise<Letter[]> {
  const [letters, statuses]: [Letter[], number[]] = [[], [...status]];
  const server = createServer((req, res) => {
    void text(req).then((body) => {
      const answer = statuses.shift() ?? 200;
      const signature = req.headers['fspiop-signature'] as string | undefined;
      if (answer === 200) letters.push({ what: `${req.method ?? ''} ${req.url ?? ''}`, body, signature });
      res.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(ports[name], '127.0.0.1', resolve));
  open.push(server);
  return letters;
}

async function send(from: string, method: string, path: string, body?: object): Promise<number> {
  const headers = { 'fspiop-source': from, 'fspiop-destination': 'payee', 'fspiop-signature': `by ${from}` };
  const url = `http://127.0.0.1:${hub.ports.hub}${path}`;
  const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return response.status;
}

const read = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${hub.ports.hub}${path}`)).json();

async function killAndStart(): Promise<void> {
  await hub.kill();
  await hub.start();
}

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isSo() && Date.now() < end;) await sleep(20);
  expect(isSo()).toBe(true);
}

const fulfilment = randomBytes(32);
const base64url = (bytes: Buffer) => bytes.toString('base64url');

function transferOf(transferId: string, lifeMs = 60_000) {
  return {
    ...{ transferId, payerFsp: 'payer', payeeFsp: 'payee', amount: { currency: 'KES', amount: '10.5' } },
    condition: base64url(createHash('sha256').update(fulfilment).digest()),
    expiration: new Date(Date.now() + lifeMs).toISOString(),
  };
}

test('R194, R205: killed after each of its answers, a hub brings every letter and keeps what it decided', async () => {
  const transferId = randomUUID();
  const transfer = transferOf(transferId);
  expect(await send('payer', 'POST', '/transfers', transfer)).toBe(202);
  await killAndStart();
  const toPayee = await participant('payee', [503, 500]);
  await until(() => toPayee.length === 1);
  expect(toPayee[0]).toEqual({ what: 'POST /transfers', body: JSON.stringify(transfer), signature: 'by payer' });
  const reserved = { transferState: 'RESERVED', fulfilment: base64url(fulfilment) };
  expect(await send('payee', 'PUT', `/transfers/${transferId}`, reserved)).toBe(200);
  await killAndStart();
  const toPayer = await participant('payer');
  await until(() => toPayer.length > 0 && toPayee.length > 1);
  expect(JSON.parse(toPayer[0]?.body ?? '')).toMatchObject({ transferState: 'COMMITTED' });
  expect(toPayee.at(-1)?.what).toBe(`PATCH /transfers/${transferId}`);
  await killAndStart();
  expect(await read('/transfers-seen')).toEqual([
    { id: transferId, state: 'COMMITTED', payer: 'payer', payee: 'payee', amount: transfer.amount },
  ]);
  expect(await read('/positions')).toEqual({ payer: '-10500', payee: '10500' });
  // The same again is told how it ended, something else under its id is refused.
  const before = toPayer.length;
  await send('payer', 'POST', '/transfers', transfer);
  await send('payer', 'POST', '/transfers', { ...transfer, amount: { currency: 'KES', amount: '99' } });
  await until(() => toPayer.length === before + 2);
  const answers = toPayer.slice(before).map(({ body }) => JSON.parse(body) as object);
  expect(answers).toContainEqual(expect.objectContaining({ transferState: 'COMMITTED' }));
  expect(answers).toContainEqual({ errorInformation: expect.objectContaining({ errorCode: '3106' }) as unknown });
}, 60_000);

test('R178, R194: what expired while the hub was dead is over when it is back, and the directory is as it was', async () => {
  const toPayer = await participant('payer');
  const transferId = randomUUID();
  await send('payer', 'POST', '/transfers', transferOf(transferId, 1_000));
  await send('payee', 'POST', '/participants/MSISDN/254711000009', { fspId: 'payee' });
  await hub.kill();
  await sleep(1_000);
  await hub.start();
  await until(() => toPayer.length === 1);
  expect(toPayer[0]?.what).toBe(`PUT /transfers/${transferId}/error`);
  expect(toPayer[0]?.body).toContain('3303');
  await send('payer', 'GET', '/parties/MSISDN/254711000009');
  await send('payer', 'GET', '/parties/MSISDN/254711000077');
  const toPayee = await participant('payee');
  await until(() => toPayee.some(({ what }) => what === 'GET /parties/MSISDN/254711000009') && toPayer.length === 2);
  expect(toPayer[1]?.what).toBe('PUT /parties/MSISDN/254711000077/error');
}, 60_000);

test('bad settings are named, and so is a port that is taken', async () => {
  const settings = { HUB_PARTICIPANTS: 'one=http://127.0.0.1:1', HUB_PORT: 'x', HUB_SWEEP_MS: '1' };
  const named = spawnSim('hub', settings);
  await expect(named).rejects.toThrow(/hub: HUB_PORT: .*HUB_SWEEP_MS: /);
  await expect(spawnSim('hub', { HUB_PARTICIPANTS: 'one' })).rejects.toThrow('HUB_PARTICIPANTS: must be like one=http');
  await expect(spawnSim('hub', {})).rejects.toThrow('HUB_PARTICIPANTS: must be like one=http');
  const port = String(hub.ports.hub);
  const taken = {
    HUB_PARTICIPANTS: 'one=http://127.0.0.1:1',
    HUB_PORT: port,
    HUB_DATA_DIR: `/tmp/hub-${randomUUID()}`,
  };
  await expect(spawnSim('hub', taken)).rejects.toThrow(
    `port ${port} on 127.0.0.1 is taken; choose another with HUB_PORT`,
  );
}, 60_000);
