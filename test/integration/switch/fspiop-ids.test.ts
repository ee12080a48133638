import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeIlp } from '../../../src/switch/ilp';
import type { Context } from '../../../src/switch/port';
import { createTestDatabase } from '../../support/database';
import { close, listen, urlOf } from '../../support/listen';
import { startScheme, type Databases, type Scheme } from './participants';
import { headers, wireQuote } from './wire';

/** Ids that FSPIOP 1.x doesn't have, from a peer that sends them all the same (Mojaloop's Testing Toolkit does). */
const spellings = {
  ULIDs: ['01JDPF9YQ2V4N8T0W3X5Z7ABCD', '01JDPF9YQ2V4N8T0W3X5Z7ABCE', '01JDPF9YQ2V4N8T0W3X5Z7ABCF'],
  'UUIDs of version 7': [
    '01936cf4-fae2-7d8a-9a3c-0e1d2c3b4a51',
    '01936cf4-fae2-7d8a-9a3c-0e1d2c3b4a52',
    '01936cf4-fae2-7d8a-9a3c-0e1d2c3b4a53',
  ],
} as const;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('FSPIOP: ids in a spelling of the other side’s', () => {
  const context = (): Context => ({ deadline: new Date(Date.now() + 10_000) });
  let scheme: Scheme;
  let databases: Databases;
  /** What the payee sends, as `PUT /quotes/…`. */
  const sent: string[] = [];
  const peer = createServer((req, res) => {
    sent.push(`${req.method ?? ''} ${req.url ?? ''}`);
    res.writeHead(req.method === 'PUT' ? 200 : 202).end();
  });
  beforeAll(async () => {
    databases = { payer: await createTestDatabase(), payee: await createTestDatabase() };
    scheme = await startScheme(databases, { payee: { switchUrl: urlOf(await listen(peer)) } });
  });
  afterAll(async () => {
    await scheme.close();
    await close(peer);
    await databases.payer.drop();
    await databases.payee.drop();
  });

  const call = async (method: string, path: string, body?: object): Promise<number> => {
    const plain = headers('payer', 'payee', path.split('/')[1] ?? '', '1.0');
    const given = { ...plain, accept: plain['content-type'] ?? '' };
    const url = `${scheme.payee.url}/fspiop${path}`;
    return (await fetch(url, { method, headers: given, ...(body && { body: JSON.stringify(body) }) })).status;
  };
  async function isSent(line: string, times: number): Promise<void> {
    const count = () => sent.filter((one) => one === line).length;
    for (const deadline = Date.now() + 5_000; count() < times && Date.now() < deadline;) await sleep(5);
    expect([line, count()]).toEqual([line, times]);
  }

  test.each(Object.entries(spellings))('%s in 1.0 are answered as they were written', async (_, ids) => {
    const [quoteId, transactionId, transferId] = ids;
    const { payee } = scheme;
    const { adapter } = payee;
    expect(await call('POST', '/quotes', { ...wireQuote(quoteId), transactionId })).toBe(202);
    const asked = await payee.next('onQuote');
    expect([asked.quoteId, asked.transactionId]).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid)]);
    const expiresAt = new Date(Date.now() + 20_000);
    const money = { amountMinor: 100n, currency: 'KES' } as const;
    const offer = { transferAmount: money, payeeReceives: money, payeeFee: { ...money, amountMinor: 0n }, expiresAt };
    const terms = adapter.termsOf(asked, offer);
    await adapter.answerQuote({ quoteId: asked.quoteId, dfspId: 'payer', result: { offer, terms } }, context());
    await isSent(`PUT /quotes/${quoteId}`, 1);
    expect(await call('GET', `/quotes/${quoteId}`)).toBe(202);
    await isSent(`PUT /quotes/${quoteId}`, 2);

    // The packet tells the transaction in the payer's words, and proves the quote by the core's id.
    const { ilpPacket, condition } = JSON.parse(terms) as { ilpPacket: string; condition: string };
    const told = Buffer.from(decodeIlp(ilpPacket).data.toString(), 'base64url');
    expect(JSON.parse(told.toString())).toMatchObject({ quoteId, transactionId });
    const transfer = {
      ...{ transferId, payerFsp: 'payer', payeeFsp: 'payee', amount: { currency: 'KES', amount: '1' } },
      ...{ ilpPacket, condition, expiration: expiresAt.toISOString() },
    };
    expect(await call('POST', '/transfers', transfer)).toBe(202);
    const prepare = await payee.next('onPrepare');
    expect(prepare).toMatchObject({ transferId: expect.stringMatching(uuid) as string, quoteId: asked.quoteId });
    await adapter.answerPrepare(
      { transferId: prepare.transferId, dfspId: 'payer', result: { state: 'reserved', terms } },
      context(),
    );
    await isSent(`PUT /transfers/${transferId}`, 1);
    // To 1.0 nobody says that it is committed: the hub is asked, and asked again by whoever reconciles.
    await isSent(`GET /transfers/${transferId}`, 1);
    await adapter.queryTransfer({ transferId: prepare.transferId, dfspId: 'payer' }, context());
    await isSent(`GET /transfers/${transferId}`, 2);
  });

  test('what nobody has asked for is not found under its own name', async () => {
    expect(await call('GET', `/quotes/${spellings.ULIDs[2]}`)).toBe(202);
    await isSent(`PUT /quotes/${spellings.ULIDs[2]}/error`, 1);
  });
});
