import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHub, type Hub } from '../../sims/hub/hub';
import people from '../../sims/people.json';
import others from '../../sims/people.two.json';
import { writeKeyPair } from '../support/keys';
import { createPhone, messages, type Call } from '../support/phone';
import { cleanUp, freePorts, runToEnd, startSystem, type Launched } from '../support/system';

jest.setTimeout(60_000);

/** Two starhashes as operators start them, and a Mojaloop hub between them; everything that providers say is signed. */
let [folder, hubServer]: [string, Server | undefined] = ['', undefined];
let hub: Hub | undefined;
let one: Launched;
let two: Launched;
const [hamim] = people;
const [venya] = others;
if (!hamim || !venya) throw new Error('the people of the sandbox are gone');

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'starhash-keys-'));
  await chmod(folder, 0o711);
  const addresses = new Map<string, string>();
  hub = createHub(addresses);
  hubServer = createServer(hub.app);
  await new Promise<void>((resolve) => hubServer?.listen(0, '127.0.0.1', resolve));
  const { port } = hubServer.address() as AddressInfo;
  const provider = async (dfspId: string, env: Readonly<Record<string, string>>): Promise<Launched> => {
    await writeKeyPair(folder, dfspId);
    const ports = await freePorts();
    addresses.set(dfspId, `http://127.0.0.1:${ports.port}/fspiop`);
    const keys = {
      FSPIOP_JWS_KEY_FILE: path.join(folder, `${dfspId}.key`),
      FSPIOP_PEER_KEY_FOLDER: folder,
      FSPIOP_UNSIGNED: 'Hub',
    };
    const scheme = { DFSP_ID: dfspId, SCHEME: 'fspiop', FSPIOP_URL: `http://127.0.0.1:${port}` };
    return startSystem({ ...ports, env: { ...scheme, ...keys, ...env } });
  };
  [one, two] = await Promise.all([
    provider('mjini', {}),
    provider('pwani', { SANDBOX_PEOPLE: 'people.two.json', SERVICE_CODE: '*384*124#' }),
  ]);
});
afterAll(async () => {
  await cleanUp();
  await hub?.close();
  hubServer?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The hub's directory learns from pwani itself who is there, a moment after its start. */
async function reach(msisdn: string): Promise<Call> {
  const phone = createPhone({ gatewayUrl: () => one.url });
  for (const end = Date.now() + 10_000; ;) {
    const call = await phone.dial(hamim?.msisdn ?? '');
    const { text } = await call.answerAll('1', msisdn);
    if (text.includes('How much') || Date.now() > end) return call;
    await sleep(200);
  }
}

test('R132, R138, R240, M70: two providers that were started by configuration pay each other over Mojaloop, signed', async () => {
  const call = await reach(`0${venya.msisdn.slice(4)}`);
  const confirm = await call.answer('1000');
  expect(confirm.text).toContain('Send KES 1,000.00 to Venya Otieno');
  const done = await call.answer(hamim.pin);
  expect(done.text).toMatch(/^KES 1,000.00 sent to Venya Otieno/);
  const [received] = await messages(two.simUrl, venya.msisdn, 1);
  expect(received?.text).toMatch(/You received KES 1,000.00 from Hamim J/);
  const other = await createPhone({ gatewayUrl: () => two.url, serviceCode: '*384*124#' }).dial(venya.msisdn);
  expect((await other.answerAll('4', venya.pin)).text).toContain('KES 4,000.00');
});

test('what the configuration lacks is named, each in a line', async () => {
  const { ending, stderr } = await runToEnd({
    env: { SCHEME: 'fspiop', FSPIOP_VERSIONS: 'transfers', FSPIOP_ILP: '2' },
  });
  expect(ending.code).toBe(1);
  expect(stderr).toContain('FSPIOP_VERSIONS must be like transfers=1.1,quotes=1.0');
  expect(stderr).toContain('FSPIOP_ILP must be 1 or 4');
  const incomplete = await runToEnd({ env: { SCHEME: 'fspiop', FSPIOP_JWS_KEY_FILE: '/nowhere' } });
  expect(incomplete.stderr).toContain('FSPIOP_URL must be set when SCHEME=fspiop');
  expect(incomplete.stderr).toContain('FSPIOP_PEER_KEY_FOLDER must be set beside FSPIOP_JWS_KEY_FILE');
});
