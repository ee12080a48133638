import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createCipher, type Cipher, type Db } from '../../src/platform';
import { createMemorySessions, type SessionStore } from '../../src/ussd';
import { openBeside } from '../support/customers';
import { createPhone, type Phone } from '../support/phone';
import { cleanUp, startSystem, type Launched } from '../support/system';
import { createWorld, testSecrets } from '../support/world';
import { canary, canaryPins, liveWithPins } from './canary-scenario';
import { needlesOf, search, searchFolder, type Hit } from './canary-search';

jest.setTimeout(120_000);
afterAll(cleanUp);

const expectNone = (hits: readonly Hit[]) => expect(hits).toEqual([]);
const formsOf = (hits: readonly Hit[]) => new Set(hits.map(({ form }) => form));

/** Every row of every table as text: bytea in hex, all else as people would read it. */
async function dumpTables(db: Db): Promise<string> {
  const tables = await db.rows<{ name: string }>({
    text: `select format('%I.%I', schemaname, tablename) as name from pg_tables
           where schemaname not in ('pg_catalog', 'information_schema')`,
  });
  const rows = await Promise.all(
    tables.map(({ name }) => db.rows<{ line: string }>({ text: `select t::text as line from ${name} t` })),
  );
  return rows.flatMap((lines, index) => lines.map(({ line }) => `${tables[index]?.name ?? ''} ${line}`)).join('\n');
}

/** What is encrypted at rest, opened: messages that wait, birth dates, national IDs. */
async function openSealed(db: Db, cipher: Cipher): Promise<{ messages: string; people: string }> {
  const sms = await db.rows<{ id: string; body: Buffer; key_id: string }>({
    text: 'select sms_id as id, body, key_id from sms_outbox where body is not null',
  });
  const people = await db.rows<{ id: string; birth_date: Buffer; national_id: Buffer; key_id: string }>({
    text: 'select customer_id as id, birth_date, national_id, key_id from customer',
  });
  return {
    messages: sms.map(({ id, body, key_id: keyId }) => cipher.open({ keyId, bytes: body }, id)).join('\n'),
    people: people
      .map(({ id, birth_date, national_id, key_id: keyId }) =>
        [
          cipher.open({ keyId, bytes: birth_date }, `${id}:birth_date`),
          cipher.open({ keyId, bytes: national_id }, `${id}:national_id`),
        ].join(' '),
      )
      .join('\n'),
  };
}

/** A few calls over the simulator, so that it has something to keep; then all that it gives out. */
async function callOverSimulator({ simUrl }: Launched): Promise<string> {
  const json = { 'content-type': 'application/json' };
  const say = async (path: string, body: object = {}) => {
    const response = await fetch(`${simUrl}${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) });
    return (await response.json()) as { sessionId: string };
  };
  const ids: string[] = [];
  for (const [dial, ...inputs] of [
    ['*384*123#', '4', canary.newPin, canary.newPin],
    [`*384*123*1*0700000002*50*${canary.newPin}#`, canary.newPin],
  ] as const) {
    const { sessionId } = await say('/api/sessions', { msisdn: canary.msisdn, dial });
    for (const input of inputs) await say(`/api/sessions/${sessionId}/input`, { input });
    for (const fault of ['repeat', 'reorder', 'drop']) await say(`/api/sessions/${sessionId}/${fault}`);
    ids.push(sessionId);
  }
  await say('/api/sms', { from: canary.msisdn, text: `my PIN ${canary.newPin}` });
  const pages = [
    ...ids.map((id) => `/api/sessions/${id}`),
    ...[canary.msisdn, '+254700000002', '+254700000009'].map((to) => `/messages?to=${encodeURIComponent(to)}`),
    ...['/api/people', '/api/network', '/faults', '/health'],
  ];
  return (await Promise.all(pages.map(async (page) => (await fetch(`${simUrl}${page}`)).text()))).join('\n');
}

test('the search finds what it looks for in every form, at any offset', () => {
  for (const { form, bytes } of needlesOf(canary.pin)) {
    for (const offset of [0, 1, 7]) {
      const haystack = Buffer.concat([Buffer.alloc(offset, 0xa5), bytes, Buffer.from('tail')]);
      expect(search('here', haystack, canaryPins)).toMatchObject([{ form, offset, word: canary.pin }]);
    }
  }
  for (const before of ['', 'a', 'ab', 'abc']) {
    const encoded = Buffer.from(Buffer.from(`${before}${canary.pin}*1`).toString('base64'));
    expect(formsOf(search('here', encoded, canaryPins)).size).toBe(1);
  }
  expectNone(search('here', Buffer.from('739 164 73916 4'), canaryPins));
});

describe('B6, R113: after a life with two PINs', () => {
  let system: Launched;
  beforeAll(async () => {
    system = await startSystem({ env: { LOG_LEVEL: 'debug' } });
    await liveWithPins(createPhone({ gatewayUrl: () => system.url }));
  });

  test('the simulator gives out none of them, and the logs hold none', async () => {
    const recordings = Buffer.from(await callOverSimulator(system));
    expect(search('recordings', recordings, [canary.firstName])).not.toEqual([]);
    expectNone(search('recordings', recordings, canaryPins));
    const printed = Buffer.from(system.stdout() + system.stderr());
    expect(search('output', printed, ['send-money.confirm', 'a session ended'])).not.toEqual([]);
    expectNone(search('output', printed, canaryPins));
  });

  test('no row of any table holds one, nor does what is encrypted in them', async () => {
    await fetch(`${system.simUrl}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sms: 'error' }), // messages stay in the outbox, to be looked into
    });
    const phone = createPhone({ gatewayUrl: () => system.url });
    await (await phone.dial('+254700000001')).answerAll('1', canary.msisdn, '25', '4071');
    const beside = await openBeside(system.dataDir);
    try {
      const { owner: db } = beside;
      const rows = Buffer.from(await dumpTables(db));
      expect(search('tables', rows, [canary.firstName, canary.msisdn])).not.toEqual([]);
      // The forensic log is among them, with what the canary did.
      for (const action of ['customer.registered', 'pin.changed', 'pin.locked', 'payment.completed']) {
        expect(search('tables', rows, [`audit_event`, action]).map(({ word }) => word)).toContain(action);
      }
      expectNone(search('tables', rows, canaryPins));
      const sealed = await openSealed(db, createCipher(beside.secrets.dataKeys));
      expect(sealed.messages).toContain(canary.firstName);
      expect(sealed.people).toContain('CANARY5550');
      expectNone(search('messages', Buffer.from(sealed.messages), canaryPins));
      expectNone(search('people', Buffer.from(sealed.people), canaryPins));
    } finally {
      await beside.close();
    }
  });

  test('no file under DATA_DIR holds one: tables, write-ahead log, log of the server', async () => {
    const beside = await openBeside(system.dataDir);
    await beside.owner.run({ text: 'checkpoint' }).finally(() => beside.close());
    const { files, hits } = await searchFolder(system.dataDir, [canary.firstName, ...canaryPins]);
    const found = hits.filter(({ word }) => word === canary.firstName).map(({ where }) => where);
    expect(found).toContainEqual(expect.stringMatching(/^postgres\/base\//));
    expect(found).toContainEqual(expect.stringMatching(/^postgres\/pg_wal\//));
    expect(files).toBeGreaterThan(500);
    expectNone(hits.filter(({ word }) => word !== canary.firstName));
  });
});

test('B6: no value or key ever written to the session store holds a PIN', async () => {
  const written: string[] = [];
  const world = await createWorld({
    sessions: (clock): SessionStore => {
      const store = createMemorySessions({ clock, valuesMax: 1_000, waitersMax: 10 });
      const set: SessionStore['set'] = (key, value, ttlMs) => {
        written.push(`${key} ${value}`);
        return store.set(key, value, ttlMs);
      };
      return { ...store, set };
    },
  });
  const server = createServer(world.http).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const phone: Phone = createPhone({ gatewayUrl: () => url });
    await liveWithPins(phone);
    const store = Buffer.from(written.join('\n'));
    expect(written.length).toBeGreaterThan(60);
    expect(search('store', store, [canary.firstName, 'Kani Achieng', 'send-money'])).not.toEqual([]);
    expectNone(search('store', store, canaryPins));
    const sealed = await openSealed(world.services.db, createCipher(testSecrets.dataKeys));
    expect(sealed.messages).toContain('KES 100.00'); // no worker sends here: every message still waits
    expectNone(search('messages', Buffer.from(sealed.messages), canaryPins));
  } finally {
    await new Promise((resolve) => server.close(resolve));
    await world.close();
  }
});
