import { createHash, createPrivateKey, createPublicKey, randomUUID, sign, type KeyObject } from 'node:crypto';
import type { Context } from '../../../src/switch/port';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { peerKeyOf } from '../../support/l1p';
import { createMovableClock } from '../../support/world';
import { startMembers, type Members } from './members';
import { msisdn, payeeParty } from './wire';

const context = (): Context => ({ deadline: new Date(Date.now() + 10_000) });

/** The wire between providers, written down here a second time: a signature over four lines and a digest. */
interface Letter {
  readonly path: string;
  readonly source: string;
  readonly destination?: string;
  readonly body: string;
  readonly key: KeyObject;
}

function keyOf(dfspId: string): KeyObject {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), peerKeyOf(dfspId)]);
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
}

async function post(url: string, { path, source, destination = 'payee', body, key }: Letter): Promise<Refused> {
  const digest = createHash('sha256').update(body).digest('base64url');
  const signature = sign(null, Buffer.from(['POST', path, source, destination, digest].join('\n')), key);
  const headers = {
    'l1p-source': source,
    'l1p-destination': destination,
    'l1p-signature': signature.toString('base64url'),
  };
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body });
  return { status: answer.status, ...((await answer.json()) as object) };
}

interface Refused {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
}

const lookup = (destination?: string): Letter => ({
  ...{ path: '/lookups', source: 'payer', body: JSON.stringify({ partyId: msisdn }), key: keyOf('payer') },
  ...(destination !== undefined && { destination }),
});

describe('messages between providers of the scheme of 2017', () => {
  let database: TestDatabase;
  let members: Members;
  beforeAll(async () => {
    database = await createTestDatabase();
    members = await startMembers(database.url, { clock: createMovableClock() });
    // A third member, whom nobody has anything to do with.
    const { x = '' } = createPublicKey(keyOf('mallory')).export({ format: 'jwk' });
    const body = { name: 'mallory', providerUrl: `http://127.0.0.1:9/l1p#ed25519=${x}` };
    await members.scheme.ask('POST', '/commands/register', { service: 'directory', auth: 'admin:admin', body });
    const named = { service: 'directory', auth: 'mallory:mallory', body: { identifier: 'eur:mallory' } } as const;
    await members.scheme.ask('POST', '/resources', named);
    await members.payee.adapter.registerParty(msisdn, 'add', context());
  });
  afterAll(async () => {
    await members.close();
    await database.drop();
  });

  test('R225: nobody but a member is told who somebody is', async () => {
    const { payee } = members;
    expect(await fetch(`${payee.url}/lookups`, { method: 'POST', body: '{}' })).toMatchObject({ status: 401 });
    const forged = [
      { ...lookup(), key: keyOf('mallory') },
      { ...lookup(), source: 'nobody' },
      { ...lookup(), source: '../payer' },
      lookup('payer'),
    ];
    for (const letter of forged) {
      expect(await post(payee.url, letter)).toMatchObject({ status: 401, code: '3105' });
    }
    expect(payee.waiting('onLookup')).toBe(0);
  });

  test('R224, R225: the answer goes to the address in the directory, not to who has the question', async () => {
    const { payer, payee } = members;
    expect(await post(payee.url, lookup())).toEqual({ status: 202 });
    const asked = await payee.next('onLookup');
    await payee.adapter.answerLookup({ ...asked, result: payeeParty }, context());
    expect(await payer.next('onPartyAnswer')).toEqual({ partyId: msisdn, result: payeeParty });
  });

  test('only who serves a number by the directory says whose it is', async () => {
    const { payer } = members;
    const body = JSON.stringify({ partyId: msisdn, party: { partyId: msisdn, name: 'Mallory' } });
    const letter = { path: '/lookups/answers', source: 'mallory', destination: 'payer', body, key: keyOf('mallory') };
    expect(await post(payer.url, letter)).toMatchObject({ status: 403, code: '3204' });
    expect(payer.waiting('onPartyAnswer')).toBe(0);
  });

  test.each([
    ['/lookups', '{"partyId":{"idType":"MSISDN"}}', /partyId\.id/],
    ['/lookups', 'no JSON', /no JSON/],
    ['/quotes', '{"quoteId":"1"}', /quoteId/],
    ['/invoices/answers', `{"requestId":"${randomUUID()}","state":"maybe"}`, /state/],
  ])('what is wrong in a message to %s is named: %s', async (path, body, message) => {
    const answer = await post(members.payee.url, { ...lookup(), path, body });
    expect(answer).toEqual({
      status: 400,
      id: 'RefusedError',
      code: '3101',
      message: expect.stringMatching(message) as unknown,
    });
  });

  test('an amount that its currency does not have is refused with the code for it', async () => {
    const party = { partyId: msisdn, name: 'A' };
    const request = {
      ...{ requestId: randomUUID(), payer: party, payee: party, amount: { currency: 'KES', amount: '1.005' } },
      ...{ transactionType: { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'BUSINESS' } },
      expiresAt: new Date().toISOString(),
    };
    const answer = await post(members.payee.url, { ...lookup(), path: '/invoices', body: JSON.stringify(request) });
    expect(answer).toMatchObject({ status: 400, code: '5106' });
  });

  test('a message that is too long, or to nowhere, or could not be kept, is not taken', async () => {
    const { payee } = members;
    expect(await post(payee.url, { ...lookup(), body: 'x'.repeat(70_000) })).toMatchObject({
      status: 413,
      code: '3104',
    });
    expect(await post(payee.url, { ...lookup(), path: '/elsewhere' })).toMatchObject({ status: 404, code: '3002' });
    payee.failOnce('onLookup');
    expect(await post(payee.url, lookup())).toMatchObject({ status: 503, code: '2003' });
  });
});
