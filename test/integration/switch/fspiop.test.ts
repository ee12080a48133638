import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, OutgoingTransfer, QuoteOffer, QuoteRequest, Terms } from '../../../src/switch/port';
import { fileBelievedMs } from '../../../src/switch/watched-file';
import { createTestDatabase } from '../../support/database';
import { writeKeyPair } from '../../support/keys';
import { startScheme, type Databases, type Scheme, type SchemeOptions } from './participants';
import { codeOf, headers, msisdn, payeeParty, payerParty, wireQuote } from './wire';

const kes = (amountMinor: bigint) => ({ amountMinor, currency: 'KES' as const });
const context = (): Context => ({ deadline: new Date(Date.now() + 10_000) });
const accepted = { status: 'accepted' };
const inMs = (ms: number) => new Date(Date.now() + ms);

describe('FSPIOP between two providers and a hub', () => {
  let scheme: Scheme;
  let folder: string;
  let databases: Databases;
  const start = async (options: SchemeOptions = {}) => (scheme = await startScheme(databases, options));
  // Ids are drawn anew in each test: what the others left behind is in nobody's way.
  beforeAll(async () => {
    databases = { payer: await createTestDatabase(), payee: await createTestDatabase() };
  });
  afterAll(async () => {
    await databases.payer.drop();
    await databases.payee.drop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'fspiop-'));
  });
  afterEach(async () => {
    await scheme.close();
    await rm(folder, { recursive: true });
  });

  async function quote(
    change: Partial<QuoteRequest> = {},
  ): Promise<{ request: QuoteRequest; terms: Terms; offer: QuoteOffer }> {
    const { payer, payee } = scheme;
    const request: QuoteRequest = {
      quoteId: randomUUID(),
      transactionId: randomUUID(),
      payer: payerParty,
      payee: payeeParty,
      amountType: 'SEND',
      amount: kes(10_050n),
      transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
      note: 'school fees',
      expiresAt: inMs(30_000),
      ...change,
    };
    expect(await payer.adapter.requestQuote(request, context())).toEqual(accepted);
    const incoming = await payee.next('onQuote');
    expect(incoming).toEqual({ ...request, dfspId: 'payer' });
    const expiresAt = inMs(20_000);
    const offer = { transferAmount: kes(10_050n), payeeReceives: kes(10_000n), payeeFee: kes(50n), expiresAt };
    const terms = payee.adapter.termsOf(incoming, offer);
    const answer = { quoteId: request.quoteId, dfspId: 'payer', result: { offer, terms } };
    expect(await payee.adapter.answerQuote(answer, context())).toEqual(accepted);
    const answered = await payer.next('onQuoteAnswer');
    expect(answered).toEqual({ quoteId: request.quoteId, dfspId: 'payee', result: { offer, terms } });
    return { request, terms, offer };
  }

  async function prepared(expiresAt = inMs(20_000)): Promise<{ transfer: OutgoingTransfer; terms: Terms }> {
    const { request, terms } = await quote();
    const transfer = {
      transferId: randomUUID(),
      dfspId: 'payee',
      quoteId: request.quoteId,
      amount: kes(10_050n),
      terms,
      expiresAt,
    };
    expect(await scheme.payer.adapter.prepareTransfer(transfer, context())).toEqual(accepted);
    const { transferId, quoteId, amount } = transfer;
    expect(await scheme.payee.next('onPrepare')).toEqual({ transferId, dfspId: 'payer', quoteId, amount, expiresAt });
    return { transfer, terms };
  }

  const reserve = ({ transfer, terms }: { transfer: OutgoingTransfer; terms: Terms }) =>
    scheme.payee.adapter.answerPrepare(
      { transferId: transfer.transferId, dfspId: 'payer', result: { state: 'reserved', terms } },
      context(),
    );

  async function fault(fault: object): Promise<void> {
    const response = await fetch(`${scheme.hubUrl}/faults`, { method: 'PUT', body: JSON.stringify([fault]) });
    expect(response.status).toBe(204);
  }

  async function positions(): Promise<unknown> {
    return (await fetch(`${scheme.hubUrl}/positions`)).json();
  }

  test('R184: a number is found, quoted and paid; both sides are told once, and the positions show it', async () => {
    await start();
    const { payer, payee } = scheme;
    expect(await payee.adapter.registerParty(msisdn, 'add', context())).toEqual(accepted);
    expect(await payer.adapter.lookUpParty(msisdn, context())).toEqual(accepted);
    expect(await payee.next('onLookup')).toEqual({ partyId: msisdn, dfspId: 'payer' });
    await payee.adapter.answerLookup({ partyId: msisdn, dfspId: 'payer', result: payeeParty }, context());
    expect(await payer.next('onPartyAnswer')).toEqual({ partyId: msisdn, result: payeeParty });

    const deal = await prepared();
    expect(await reserve(deal)).toEqual(accepted);
    const { transferId } = deal.transfer;
    expect(await payer.next('onTransferOutcome')).toEqual({ transferId, state: 'committed' });
    expect(await payee.next('onConfirmed')).toEqual({ transferId, dfspId: 'payer', state: 'committed' });
    expect(await positions()).toEqual({ payer: '-100500', payee: '100500' });
    await scheme.hub.post.idle();
    expect(scheme.hub.post.log.filter((line) => !/ 20[02]$/.test(line))).toEqual([]);
    expect([payer.waiting('onTransferOutcome'), payee.waiting('onConfirmed')]).toEqual([0, 0]);
  });

  test('M51: nobody has the number: 3204, from the hub and from the payee', async () => {
    await start();
    const { payer, payee } = scheme;
    await payer.adapter.lookUpParty(msisdn, context());
    expect((await payer.next('onPartyAnswer')).result).toMatchObject({ code: '3204', moneyMoved: 'no' });
    await payee.adapter.registerParty(msisdn, 'add', context());
    await payer.adapter.lookUpParty(msisdn, context());
    await payee.next('onLookup');
    const gone = { code: '3204', description: 'Party not found', moneyMoved: 'no' } as const;
    await payee.adapter.answerLookup({ partyId: msisdn, dfspId: 'payer', result: gone }, context());
    expect(await payer.next('onPartyAnswer')).toEqual({ partyId: msisdn, result: gone });
    await payee.adapter.registerParty(msisdn, 'remove', context());
    await payer.adapter.lookUpParty(msisdn, context());
    expect((await payer.next('onPartyAnswer')).result).toMatchObject({ code: '3204' });
    expect(payee.waiting('onLookup')).toBe(0);
  });

  test('M30, R183: the payee refuses: the payer hears why, and no money has moved', async () => {
    await start();
    const deal = await prepared();
    const refusal = { code: '5200', description: 'Payee limit error', moneyMoved: 'no' } as const;
    const { transferId } = deal.transfer;
    await scheme.payee.adapter.answerPrepare({ transferId, dfspId: 'payer', result: refusal }, context());
    expect(await scheme.payer.next('onTransferOutcome')).toEqual({ transferId, state: 'aborted', error: refusal });
    // An answer stays: who refused can't reserve later.
    await reserve(deal);
    expect(await positions()).toEqual({});
  });

  test('R177, R179: too late for the hub: both are told that nothing was paid, whatever the payee says afterwards', async () => {
    await start();
    const deal = await prepared(inMs(400));
    const { transferId } = deal.transfer;
    expect(await scheme.payer.next('onTransferOutcome')).toMatchObject({
      transferId,
      state: 'aborted',
      error: { code: '3303' },
    });
    expect(await reserve(deal)).toEqual(accepted);
    expect(await scheme.payee.next('onConfirmed')).toEqual({ transferId, dfspId: 'payer', state: 'aborted' });
    expect(await positions()).toEqual({});
  });

  test('R175, R191, R201: an outcome that was lost is asked for', async () => {
    await start();
    await fault({ method: 'PUT', resource: 'transfers', to: 'payer', action: 'drop', times: 1 });
    const deal = await prepared();
    await reserve(deal);
    const { transferId } = deal.transfer;
    await scheme.payee.next('onConfirmed');
    expect(scheme.payer.waiting('onTransferOutcome')).toBe(0);
    await scheme.payer.adapter.queryTransfer({ transferId, dfspId: 'payee' }, context());
    expect(await scheme.payer.next('onTransferOutcome')).toEqual({ transferId, state: 'committed' });
  });

  test('R190, R202: a confirmation that was lost comes when the payee answers again', async () => {
    await start();
    await fault({ method: 'PATCH', resource: 'transfers', to: 'payee', action: 'drop', times: 1 });
    const deal = await prepared();
    await reserve(deal);
    await scheme.payer.next('onTransferOutcome');
    expect(scheme.payee.waiting('onConfirmed')).toBe(0);
    await reserve(deal);
    expect(await scheme.payee.next('onConfirmed')).toMatchObject({ state: 'committed' });
    // Or it asks, which any side may (R204).
    await scheme.payee.adapter.queryTransfer({ transferId: deal.transfer.transferId, dfspId: 'payer' }, context());
    expect(await scheme.payee.next('onConfirmed')).toMatchObject({ state: 'committed' });
  });

  test('a transfer that the hub has not decided is pending, one that it never saw is unknown', async () => {
    await start();
    const { transfer } = await prepared();
    await scheme.payer.adapter.queryTransfer(transfer, context());
    expect(await scheme.payer.next('onTransferOutcome')).toMatchObject({ state: 'pending' });
    const tell = async (source: string, errorCode: string) => {
      const response = await fetch(`${scheme.payer.url}/fspiop/transfers/${transfer.transferId}/error`, {
        method: 'PUT',
        headers: headers(source, 'payer', 'transfers', '2.0'),
        body: JSON.stringify({ errorInformation: { errorCode, errorDescription: 'x', extensionList: [] } }),
      });
      expect(response.status).toBe(200);
      const { state, error } = await scheme.payer.next('onTransferOutcome');
      return [state, error?.moneyMoved];
    };
    expect(await tell('Hub', '3208')).toEqual(['unknown', 'no']);
    // A hub in trouble, or with the question, decides nothing; the payee's provider does.
    expect(await tell('Hub', '2001')).toEqual(['pending', 'unknown']);
    expect(await tell('Hub', '3100')).toEqual(['pending', 'unknown']);
    expect(await tell('payee', '3106')).toEqual(['pending', 'unknown']);
    expect(await tell('payee', '2001')).toEqual(['aborted', 'no']);
    expect(await tell('Hub', '4001')).toEqual(['aborted', 'no']);
  });

  test('R197, R198: what comes twice is one thing with one answer; something else under its id is 3106', async () => {
    await start();
    await fault({ method: 'POST', resource: 'transfers', to: 'payee', action: 'twice', times: 1 });
    const deal = await prepared();
    await scheme.hub.post.idle();
    await reserve(deal);
    await scheme.payer.next('onTransferOutcome');
    await scheme.hub.post.idle();
    // Told twice perhaps, always of the same; the answer went out once for each time it was asked for.
    while (scheme.payee.waiting('onPrepare') > 0) {
      expect((await scheme.payee.next('onPrepare')).transferId).toBe(deal.transfer.transferId);
    }
    // The payer sends it again: the hub says how it ended.
    expect(await scheme.payer.adapter.prepareTransfer(deal.transfer, context())).toEqual(accepted);
    expect(await scheme.payer.next('onTransferOutcome')).toMatchObject({ state: 'committed' });
    expect(await positions()).toEqual({ payer: '-100500', payee: '100500' });

    const { request } = await quote();
    const [known] = await scheme.payee.db.rows<{ version: string }>({
      text: `select version from fspiop_in where id = $1`,
      values: [request.quoteId],
    });
    expect(known).toEqual({ version: '1.1' });
    const response = await fetch(`${scheme.payee.url}/fspiop/quotes`, {
      method: 'POST',
      headers: headers('payer', 'payee', 'quotes', '1.1'),
      body: JSON.stringify(wireQuote(request.quoteId)),
    });
    expect(response.status).toBe(202);
    expect((await scheme.payer.next('onQuoteAnswer')).result).toMatchObject({ code: '3106' });
    expect(scheme.payee.waiting('onQuote')).toBe(0);
  });

  test('a quote that is asked again gets the answer that it got, and by GET too', async () => {
    await start();
    const { request, terms, offer } = await quote();
    expect(await scheme.payer.adapter.requestQuote({ ...request, note: 'another' }, context())).toEqual(accepted);
    expect(await scheme.payer.next('onQuoteAnswer')).toMatchObject({ result: { offer, terms } });
    expect(scheme.payee.waiting('onQuote')).toBe(0);
    const response = await fetch(`${scheme.payee.url}/fspiop/quotes/${request.quoteId}`, {
      headers: headers('payer', 'payee', 'quotes', '1.1'),
    });
    expect(response.status).toBe(202);
    expect(await scheme.payer.next('onQuoteAnswer')).toMatchObject({ result: { offer, terms } });
  });

  test.each([
    ['another amount', (body: Wire) => ({ ...body, amount: { currency: 'KES', amount: '1000000' } })],
    ['another condition', (body: Wire) => ({ ...body, condition: 'f5sqb7tBTWPd5Y8BDFdMm9BJR_MNI4isf8p8n4D5pHA' })],
    ['a packet of nobody', (body: Wire) => ({ ...body, ilpPacket: 'AYIBgQAAAAAAAASw' })],
    ['another payee', (body: Wire) => ({ ...body, payeeFsp: 'third' })],
  ])('R187: a transfer with %s than was quoted is refused with 3100 and reaches no account', async (_, change) => {
    await start();
    const { request, terms } = await quote();
    const transferId = randomUUID();
    const { ilpPacket, condition } = JSON.parse(terms) as Wire;
    const expiration = inMs(20_000).toISOString();
    const body: Wire = {
      transferId,
      payerFsp: 'payer',
      payeeFsp: 'payee',
      amount: { currency: 'KES', amount: '100.5' },
      ilpPacket,
      condition,
      expiration,
    };
    const send = (what: object) =>
      fetch(`${scheme.payee.url}/fspiop/transfers`, {
        method: 'POST',
        headers: headers('payer', 'payee', 'transfers', '1.1'),
        body: JSON.stringify(what),
      });
    expect((await send(change(body))).status).toBe(202);
    await scheme.hub.post.idle();
    const [row] = await scheme.payee.db.rows<{ answered: boolean }>({
      text: 'select answer is not null as answered from fspiop_in where id = $1',
      values: [transferId],
    });
    expect(row).toEqual({ answered: true });
    expect(scheme.payee.waiting('onPrepare')).toBe(0);
    // As it was quoted, it is taken: the test would otherwise prove nothing.
    expect((await send({ ...body, transferId: randomUUID() })).status).toBe(202);
    expect(await scheme.payee.next('onPrepare')).toMatchObject({ quoteId: request.quoteId, amount: kes(10_050n) });
  });

  test('a fulfilment that proves nothing commits nothing, and nobody but the hub or the payee may speak', async () => {
    await start();
    const { transfer } = await prepared();
    const put = (source: string, body: object, suffix = '') =>
      fetch(`${scheme.payer.url}/fspiop/transfers/${transfer.transferId}${suffix}`, {
        method: 'PUT',
        headers: headers(source, 'payer', 'transfers', '1.1'),
        body: JSON.stringify(body),
      });
    const wrong = { transferState: 'COMMITTED', fulfilment: 'f5sqb7tBTWPd5Y8BDFdMm9BJR_MNI4isf8p8n4D5pHA' };
    expect((await put('Hub', wrong)).status).toBe(200);
    expect(await scheme.payer.next('onTransferOutcome')).toMatchObject({
      state: 'pending',
      error: { moneyMoved: 'unknown' },
    });
    const abort = { errorInformation: { errorCode: '5104', errorDescription: 'no' } };
    expect((await put('third', abort, '/error')).status).toBe(403);
    expect(scheme.payer.waiting('onTransferOutcome')).toBe(0);
    const patch = await fetch(`${scheme.payee.url}/fspiop/transfers/${transfer.transferId}`, {
      method: 'PATCH',
      headers: headers('payer', 'payee', 'transfers', '1.1'),
      body: JSON.stringify({ transferState: 'COMMITTED', completedTimestamp: new Date().toISOString() }),
    });
    expect(patch.status).toBe(403);
    expect(scheme.payee.waiting('onConfirmed')).toBe(0);
  });

  test('R192, R205, M66: both processes end between quote and outcome; nothing is forgotten', async () => {
    await start();
    const deal = await prepared();
    await scheme.payee.restart();
    await scheme.payer.restart();
    expect(await reserve(deal)).toEqual(accepted);
    expect(await scheme.payer.next('onTransferOutcome')).toMatchObject({ state: 'committed' });
    expect(await scheme.payee.next('onConfirmed')).toMatchObject({ state: 'committed' });
  });

  test('M26: what can not be kept is answered 503, and is taken when it comes again', async () => {
    await start();
    scheme.payee.failOnce('onPrepare');
    await prepared();
    await scheme.hub.post.idle();
    expect(scheme.hub.post.log.filter((line) => line.startsWith('POST /transfers'))).toEqual([
      'POST /transfers → payee 202',
    ]);
  });

  test('R193, M33: a switch that is down has got nothing, and a transfer that may have left is never given up', async () => {
    await start();
    const { request, terms } = await quote();
    const transfer = {
      transferId: randomUUID(),
      dfspId: 'payee',
      quoteId: request.quoteId,
      amount: kes(10_050n),
      terms,
      expiresAt: inMs(20_000),
    };
    const late: Context = { deadline: inMs(-1) };
    expect(await scheme.payer.adapter.prepareTransfer(transfer, late)).toMatchObject({
      status: 'refused',
      error: { code: '2004', moneyMoved: 'no' },
    });
    // Refused is refused: it has reached nobody, and may still be sent.
    expect(await scheme.payer.adapter.prepareTransfer(transfer, context())).toEqual(accepted);
    expect(await scheme.payer.adapter.prepareTransfer(transfer, late)).toEqual(accepted);
    await scheme.payee.next('onPrepare');
  });

  test('the hub speaks 2.0 to a payer that speaks 1.0, and money is not lost over it', async () => {
    await start({ payer: { versions: { transfers: '1.0', quotes: '1.0', parties: '1.0' } } });
    const deal = await prepared();
    await reserve(deal);
    expect(await scheme.payer.next('onTransferOutcome')).toMatchObject({ state: 'committed' });
    const rows = await scheme.payee.db.rows({
      text: 'select resource, version from fspiop_in where id in ($1, $2) order by resource',
      values: [deal.transfer.transferId, deal.transfer.quoteId],
    });
    expect(rows).toEqual([
      { resource: 'quotes', version: '1.1' },
      { resource: 'transfers', version: '1.1' },
    ]);
  });

  test('R202: to a payer who wants 1.0, where no hub confirms, the payee asks the hub', async () => {
    await start({ payee: { versions: { transfers: '1.0' } } });
    const deal = await prepared();
    await reserve(deal);
    expect(await scheme.payer.next('onTransferOutcome')).toMatchObject({ state: 'committed' });
    expect(await scheme.payee.next('onConfirmed')).toMatchObject({ state: 'committed' });
    expect(scheme.hub.post.log.some((line) => line.startsWith('PATCH'))).toBe(false);
    expect(scheme.payee.waiting('onTransferOutcome')).toBe(0);
  });

  test('with ILP v4 all is the same', async () => {
    await start({ payee: { ilpVersion: 4 }, payer: { ilpVersion: 4 } });
    const deal = await prepared();
    await reserve(deal);
    expect(await scheme.payer.next('onTransferOutcome')).toMatchObject({ state: 'committed' });
  });

  test('M70: with signatures and keys that are replaced while all runs', async () => {
    const write = (name: string) => writeKeyPair(folder, name);
    await Promise.all(['payer', 'payee'].map(write));
    const signatures = (name: string) => ({
      signatures: { privateKeyFile: path.join(folder, `${name}.key`), peerKeyFolder: folder, unsigned: ['Hub'] },
    });
    await start({ payer: signatures('payer'), payee: signatures('payee') });
    await quote();
    await Promise.all(['payer', 'payee'].map(write));
    await sleep(fileBelievedMs);
    const deal = await prepared();
    await reserve(deal);
    expect(await scheme.payer.next('onTransferOutcome')).toMatchObject({ state: 'committed' });

    const unsigned = await fetch(`${scheme.payee.url}/fspiop/quotes`, {
      method: 'POST',
      headers: headers('payer', 'payee', 'quotes', '1.1'),
      body: JSON.stringify(wireQuote(randomUUID())),
    });
    expect([unsigned.status, await codeOf(unsigned)]).toEqual([400, '3105']);
    expect(scheme.payee.waiting('onQuote')).toBe(0);
  });

  test('nothing of a person or of a fulfilment is readable in the database', async () => {
    await start();
    const deal = await prepared();
    await reserve(deal);
    await scheme.payer.next('onTransferOutcome');
    for (const { db } of [scheme.payer, scheme.payee]) {
      const rows = await db.rows<{ bytes: Buffer; row: string }>({
        text: `select body as bytes, (f.*)::text as row from fspiop_out f
               union all select answer, (f.*)::text from fspiop_in f where answer is not null`,
      });
      expect(rows.length).toBeGreaterThan(0);
      const text = rows.map(({ bytes, row }) => row + bytes.toString('latin1')).join();
      expect(text).not.toMatch(/Mbeki|Wanjiru|25470000000|fulfilment|ilpPacket/);
    }
  });
});

type Wire = Record<string, unknown>;
