import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSimulator, type Simulator } from '../../../sims/simulator';
import { readSettings } from '../../../sims/settings';
import { createCamaraSimSwaps, type SimSwaps } from '../../../src/mno';
import { createLog, type Msisdn } from '../../../src/platform';

const dayMs = 86_400_000;
const number = '+254700000001' as Msisdn;
const unavailable = { ok: false, error: 'unavailable' };

/** B15: the network's answer in the shape of CAMARA SIM Swap; what is no answer is never "no". */
describe('CAMARA SIM swap', () => {
  let server: Server | undefined;
  let simulator: Simulator | undefined;
  afterEach(async () => {
    simulator?.close();
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
  });

  const listen = async (started: Server): Promise<string> => {
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  };
  const asking = (url: string | undefined, timeoutMs = 2_000): SimSwaps =>
    createCamaraSimSwaps({
      baseUrl: () => url,
      token: 'sandbox',
      timeoutMs,
      holdMs: 3 * dayMs,
      log: createLog('silent'),
    });
  const answering = (status: number, body: unknown): Promise<string> =>
    listen(
      createServer(
        (_, res) => void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      ),
    );

  test('the simulator knows of no swap until it is told of one', async () => {
    simulator = createSimulator(readSettings({ GATEWAY_URL: 'http://127.0.0.1:9' }));
    const url = await listen(createServer(simulator.app));
    const swaps = asking(`${url}/mno`);
    expect(await swaps.check(number)).toEqual({ ok: true, value: { swappedAt: null } });
    const body = new URLSearchParams({ msisdn: number, swappedAt: '2026-01-15T09:00:00Z' });
    expect((await fetch(`${url}/mno/swap`, { method: 'POST', body })).status).toBe(200);
    expect(await swaps.check(number)).toEqual({ ok: true, value: { swappedAt: new Date('2026-01-15T09:00:00Z') } });
    const told = await fetch(`${url}/mno/swap?msisdn=${encodeURIComponent(number)}`);
    expect(await told.json()).toEqual({ msisdn: number, swappedAt: '2026-01-15T09:00:00Z' });
    expect(await swaps.check('+254700000002' as Msisdn)).toEqual({ ok: true, value: { swappedAt: null } });
    const bare = await fetch(`${url}/mno/sim-swap/v2/retrieve-date`, { method: 'POST' });
    expect(bare.status).toBe(401);
  });

  test.each([
    ['an error', 500, {}],
    ['a number that it does not know', 404, { code: 'IDENTIFIER_NOT_FOUND' }],
    ['a token that it does not know', 401, { code: 'UNAUTHENTICATED' }],
    ['something else', 200, { swapped: false }],
    ['no date', 200, { latestSimChange: 'yesterday' }],
    ['a memory that is shorter than the hold', 200, { latestSimChange: null, monitoredPeriod: 2 }],
  ])('%s is no answer', async (_, status, body) => {
    expect(await asking(await answering(status, body)).check(number)).toEqual(unavailable);
  });

  test('nobody there, and one who never answers', async () => {
    expect(await asking(undefined).check(number)).toEqual(unavailable);
    expect(await asking('http://127.0.0.1:9').check(number)).toEqual(unavailable);
    const silent = await listen(createServer(() => undefined));
    expect(await asking(silent, 100).check(number)).toEqual(unavailable);
  });
});
