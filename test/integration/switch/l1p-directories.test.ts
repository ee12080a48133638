import { createScheme } from '../../../src/app/scheme';
import { createDb, createLog, loadConfig, type Db } from '../../../src/platform';
import type { PartyId } from '../../../src/switch';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { openDoor, type Door } from '../../support/door';
import { peerKeyOf } from '../../support/l1p';
import { createSide, type Side } from '../../support/side';
import { createMovableClock, testSecrets } from '../../support/world';
import { startHarness, type Harness } from '../scheme/harness';

/** A scheme whose directories are several, each for its kinds of identifiers. */
const settings = { SCHEME_AUTH: 'basic', SCHEME_CURRENCY: 'KES' };
let database: TestDatabase;
let db: Db;
let central: Harness;
let other: Harness;
let members: readonly (Side & Door)[];
beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, connectionsMax: 4, role: 'starhash_app', onError: () => undefined });
  central = await startHarness(settings);
  other = await startHarness({ ...settings, SCHEME_IDENTIFIER_TYPES: 'mailto=E-mail address;acct=Account' });
  members = [await open('payer'), await open('payee')];
});
afterAll(async () => {
  for (const member of members) {
    await member.stop();
    await member.close();
  }
  await central.close();
  await other.close();
  await db.close();
  await database.drop();
});

/** A provider by its configuration, which has made itself a member. */
async function open(name: string): Promise<Side & Door> {
  const door = await openDoor('/l1p');
  const at = (port: number) => `http://127.0.0.1:${port}/`;
  const elsewhere = at(other.ports.directory);
  const config = loadConfig({
    ...{ SCHEME: 'l1p', DFSP_ID: name, L1P_PUBLIC_URL: door.url, L1P_SECRET: name },
    ...{ L1P_LEDGER_URL: at(central.ports.api), L1P_DIRECTORY_URL: at(central.ports.directory) },
    L1P_DIRECTORIES: `mailto=${elsewhere},acct=${elsewhere}`,
    ...{ L1P_OPERATOR_KEY: 'admin', L1P_OPERATOR_SECRET: 'admin' },
  });
  const secrets = { ...testSecrets, indexKey: peerKeyOf(name) };
  const create = () => {
    const scheme = createScheme(config, { db, clock: createMovableClock(), log: createLog('silent'), secrets });
    if (scheme.door) door.lead(scheme.door.routes);
    return scheme.adapter;
  };
  return Object.assign(await createSide(name, create), door);
}

const context = () => ({ deadline: new Date(Date.now() + 10_000) });
const [payer, payee] = [() => members[0] as Side, () => members[1] as Side];

/** Who serves a URI, as the directory itself says. */
async function servedBy(directory: Harness, uri: string): Promise<unknown> {
  const where = `/resources?identifier=${encodeURIComponent(uri)}`;
  const { status, body } = await directory.ask('GET', where, { service: 'directory', auth: 'payer:payer' });
  return status === 200 ? (body as { name: string }[]).map(({ name }) => name) : status;
}

test.each<[string, PartyId, 'central' | 'other']>([
  ['tel:+254700000002', { idType: 'MSISDN', id: '254700000002' }, 'central'],
  ['eur:26547070', { idType: 'ALIAS', id: '26547070' }, 'central'],
  ['mailto:bob@dfsp1.com', { idType: 'EMAIL', id: 'bob@dfsp1.com' }, 'other'],
  ['acct:bob@dfsp1.com', { idType: 'ACCOUNT_ID', id: 'bob@dfsp1.com' }, 'other'],
])('R222: the scheme of %s chooses the directory, to be registered in and to be found', async (uri, partyId, home) => {
  expect(await payee().adapter.registerParty(partyId, 'add', context())).toEqual({ status: 'accepted' });
  const [itsHome, notIts] = home === 'central' ? [central, other] : [other, central];
  expect(await servedBy(itsHome, uri)).toEqual(['payee']);
  expect(await servedBy(notIts, uri)).not.toEqual(['payee']);
  expect(await payer().adapter.lookUpParty(partyId, context())).toEqual({ status: 'accepted' });
  expect(await payee().next('onLookup')).toEqual({ partyId, dfspId: 'payer' });
});

test('R222: what the directory of its kind does not have is found nowhere, though another directory is there', async () => {
  const partyId = { idType: 'EMAIL', id: 'nobody@dfsp1.com' } as const;
  expect(await payer().adapter.lookUpParty(partyId, context())).toEqual({ status: 'accepted' });
  expect(await payer().next('onPartyAnswer')).toMatchObject({ partyId, result: { code: '3204' } });
});
