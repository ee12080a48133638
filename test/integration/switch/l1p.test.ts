import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, OutgoingTransfer } from '../../../src/switch/port';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { close, listen, urlOf } from '../../support/listen';
import { createMovableClock } from '../../support/world';
import { planTransfer, quoteOf, startMembers, type Members, type MembersOptions } from './members';
import { msisdn, payeeParty, payerParty } from './wire';

const kes = (amountMinor: bigint) => ({ amountMinor, currency: 'KES' as const });
const context = (): Context => ({ deadline: new Date(Date.now() + 10_000) });
const accepted = { status: 'accepted' };
const inMs = (ms: number) => new Date(Date.now() + ms);

/** What is peculiar to the scheme of 2017; what every adapter promises is in test/contract. */
describe('the scheme of 2017', () => {
  let database: TestDatabase;
  let members: Members;
  const start = async (options: Partial<MembersOptions> = {}) =>
    (members = await startMembers(database.url, { clock: createMovableClock(), ...options }));
  const faults = (body: object) =>
    members.scheme.ask('PUT', '/faults', { service: 'admin', auth: 'admin:admin', body });
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  afterEach(() => members.close());

  const planned = () => planTransfer(members);
  const reserve = ({ transferId, terms }: OutgoingTransfer) =>
    members.payee.adapter.answerPrepare(
      { transferId, dfspId: 'payer', result: { state: 'reserved', terms } },
      context(),
    );

  describe('the central services', () => {
    test('R71, R240: what starts with credentials of the operator is a member, once; others keep to what is there', async () => {
      const { scheme, payer } = await start();
      const auth = 'payer:payer';
      expect(await scheme.ask('GET', '/accounts/payer', { auth })).toMatchObject({ status: 200 });
      const resources = '/resources?identifier=eur%3Apayer';
      const { body } = await scheme.ask('GET', resources, { service: 'directory', auth });
      const providerUrl: unknown = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/l1p#ed25519=[\w-]{43}$/);
      expect(body).toEqual([{ name: 'payer', shortName: 'payer', providerUrl, preferred: 'true', registered: 'true' }]);
      await payer.restart();
      expect((await scheme.ask('GET', resources, { service: 'directory', auth })).body).toEqual(body);
    });

    test('R220, R240: a number is written as a URI, whichever way the directory is asked', async () => {
      const { scheme, payee } = await start();
      expect(await payee.adapter.registerParty(msisdn, 'add', context())).toEqual(accepted);
      const userNumber = { idType: 'ALIAS', id: '26547070' } as const;
      expect(await payee.adapter.registerParty(userNumber, 'add', context())).toEqual(accepted);
      for (const uri of ['tel:+254 700-000-002', 'eur:26547070']) {
        const where = `/resources?identifier=${encodeURIComponent(uri)}`;
        const found = await scheme.ask('GET', where, { service: 'directory', auth: 'payer:payer' });
        expect(found.body).toMatchObject([{ name: 'payee', preferred: 'true' }]);
      }
      const iban = { idType: 'IBAN', id: 'DE00' } as const;
      expect(await payee.adapter.registerParty(iban, 'add', context())).toMatchObject({ error: { code: '3003' } });
    });

    test('R240: where several providers have a number, the preferred one is asked', async () => {
      const { scheme, payer, payee } = await start();
      for (const body of [{ name: 'third' }, { name: 'fourth', providerUrl: 'http://127.0.0.1:9' }]) {
        await scheme.ask('POST', '/commands/register', { service: 'directory', auth: 'admin:admin', body });
        const resource = { identifier: 'tel:+254700000002', preferred: true };
        await scheme.ask('POST', '/resources', {
          service: 'directory',
          auth: `${body.name}:${body.name}`,
          body: resource,
        });
      }
      expect(await payer.adapter.lookUpParty(msisdn, context())).toMatchObject({
        error: { code: '1001', moneyMoved: 'no' },
      });
      await payee.adapter.registerParty(msisdn, 'add', context());
      const preferred = { identifier: 'tel:+254700000002', preferred: true };
      await scheme.ask('POST', '/resources', { service: 'directory', auth: 'payee:payee', body: preferred });
      await sleep(1_000); // as long as an answer is held for fresh
      expect(await payer.adapter.lookUpParty(msisdn, context())).toEqual(accepted);
      expect(await payee.next('onLookup')).toEqual({ partyId: msisdn, dfspId: 'payer' });
    });

    test('R72, R73, R75: a paused provider is found by nobody and given nothing, until it goes on', async () => {
      const { scheme, payer, payee } = await start();
      await payee.adapter.registerParty(msisdn, 'add', context());
      const underWay = await planned();
      await payer.adapter.prepareTransfer(underWay, context());
      await payee.next('onPrepare');
      const pausing = { service: 'directory', auth: 'payee:payee', body: {} } as const;
      await scheme.ask('POST', '/commands/pause', pausing);
      expect(await payer.next('onTransferOutcome')).toMatchObject({ state: 'aborted', error: { code: '5105' } });
      expect(await payee.next('onConfirmed')).toMatchObject({ state: 'aborted' });
      await payer.adapter.lookUpParty(msisdn, context());
      expect(await payer.next('onPartyAnswer')).toMatchObject({ result: { code: '3204' } });
      await scheme.ask('POST', '/commands/unpause', pausing);
      await sleep(1_000); // as long as an answer is held for fresh
      expect(await payer.adapter.lookUpParty(msisdn, context())).toEqual(accepted);
      expect(await payee.next('onLookup')).toMatchObject({ partyId: msisdn });
    });

    test('R242: what the central rules do not allow is not even asked for, and the reason is theirs', async () => {
      const { payer, payee } = await start({ environment: { SCHEME_TRANSFER_LIMIT: '100' } });
      const error = { code: '4200', description: 'Not allowed to send more than 100', moneyMoved: 'no' };
      expect(await payer.adapter.requestQuote(quoteOf(), context())).toEqual({ status: 'refused', error });
      expect(payee.waiting('onQuote')).toBe(0);
    });

    test('R181: whom the members suspect of fraud is not paid, nor anybody while that can not be asked', async () => {
      const { scheme, payer } = await start({ payer: (ports) => ({ fraudUrl: `http://127.0.0.1:${ports.fraud}` }) });
      const partyId = { idType: 'MSISDN', id: '254722222222' } as const;
      const request = quoteOf({ payer: { ...payerParty, partyId }, payee: { ...payeeParty, partyId } });
      expect(await payer.adapter.requestQuote(request, context())).toEqual(accepted);
      await scheme.ask('POST', '/reports', { service: 'fraud', body: { identifier: 'tel:+254722222222', score: 100 } });
      const suspected = await payer.adapter.requestQuote(request, context());
      expect(suspected).toMatchObject({ status: 'refused', error: { code: '4400', moneyMoved: 'no' } });
      await members.close();
      await start({ payer: () => ({ fraudUrl: 'http://127.0.0.1:9' }) });
      const unasked = await members.payer.adapter.requestQuote(request, context());
      expect(unasked).toMatchObject({ status: 'refused', error: { code: '1001', moneyMoved: 'no' } });
    });
  });

  describe('money', () => {
    test('R182: what we have no funds for at the centre, or what it takes from nobody, has moved nothing', async () => {
      const { payer } = await start({ environment: { SCHEME_OPENING_FUNDS: '100' } });
      const funds = await payer.adapter.prepareTransfer(await planned(), context());
      expect(funds).toMatchObject({ status: 'refused', error: { code: '4001', moneyMoved: 'no' } });
      await faults({ rejectPrepares: 'closed for today' });
      const closed = await payer.adapter.prepareTransfer(await planned(), context());
      expect(closed).toMatchObject({ error: { code: '3100', description: /closed for today/, moneyMoved: 'no' } });
    });

    test('R174: a ledger that does not answer in time may have it: that is no refusal, and it goes through', async () => {
      const { payer, payee } = await start({ payer: () => ({ timeoutMs: 1_000 }) });
      const transfer = await planned();
      await faults({ holdPrepareMs: 1_500 });
      expect(await payer.adapter.prepareTransfer(transfer, context())).toEqual(accepted);
      expect(await payee.next('onPrepare')).toMatchObject({ transferId: transfer.transferId });
      await reserve(transfer);
      expect(await payer.next('onTransferOutcome')).toMatchObject({ state: 'committed' });
    });

    test('R203: what reached nobody has moved nothing, but not once an earlier try has left', async () => {
      const { payer } = await start();
      const transfer = await planned();
      const late = { deadline: inMs(-1) };
      const first = await payer.adapter.prepareTransfer(transfer, late);
      expect(first).toMatchObject({ status: 'refused', error: { code: '2004', moneyMoved: 'no' } });
      expect(await payer.adapter.prepareTransfer(transfer, context())).toEqual(accepted);
      await payer.restart();
      expect(await payer.adapter.prepareTransfer(transfer, late)).toEqual(accepted);
    });

    test('R189 to R191: where the ledger tells nobody, the payee looks, and the payer asks', async () => {
      const { payer, payee } = await start();
      const transfer = await planned();
      const { transferId } = transfer;
      await faults({ silentAccounts: ['payer', 'payee'] });
      await payer.adapter.prepareTransfer(transfer, context());
      expect(await payee.next('onPrepare')).toMatchObject({ transferId });
      await reserve(transfer);
      expect(await payee.next('onConfirmed')).toEqual({ transferId, dfspId: 'payer', state: 'committed' });
      expect(payer.waiting('onTransferOutcome')).toBe(0);
      await payer.adapter.queryTransfer({ transferId, dfspId: 'payee' }, context());
      expect(await payer.next('onTransferOutcome')).toEqual({ transferId, state: 'committed' });
    });

    test('R179: a fulfilment that the ledger takes and then cancels pays nobody', async () => {
      const { payer, payee } = await start();
      await faults({ holdFulfillMs: 3_000, acknowledgeFirst: true });
      const transfer = { ...(await planned()), expiresAt: inMs(1_500) };
      await payer.adapter.prepareTransfer(transfer, context());
      await payee.next('onPrepare');
      expect(await reserve(transfer)).toEqual(accepted);
      const error = { code: '3303' };
      expect(await payer.next('onTransferOutcome')).toMatchObject({ state: 'aborted', error });
      expect(await payee.next('onConfirmed')).toMatchObject({ state: 'aborted', error });
    });

    test('a ledger that says executed and has no proof of it commits nothing', async () => {
      const ledger = await lyingLedger();
      await start({ payer: (ports) => ledger.over(ports.api) });
      const transfer = await planned();
      const { transferId } = transfer;
      await members.payer.adapter.prepareTransfer(transfer, context());
      await members.payer.adapter.queryTransfer({ transferId, dfspId: 'payee' }, context());
      const told = await members.payer.next('onTransferOutcome');
      expect(told).toMatchObject({ transferId, state: 'pending', error: { code: '3100', moneyMoved: 'unknown' } });
      await ledger.close();
    });

    test('R241: the statement has the fees of each side, and what was settled', async () => {
      const { scheme, payer, payee } = await start();
      const charge = { name: 'central', charge_type: 'fee', rate_type: 'percent', rate: '0.01', code: '001' };
      const body = { ...charge, is_active: true, payer: 'sender', payee: 'ledger' };
      await scheme.ask('POST', '/charges', { service: 'admin', auth: 'admin:admin', body });
      const transfer = await planned();
      await payer.adapter.prepareTransfer(transfer, context());
      await payee.next('onPrepare');
      await reserve(transfer);
      await payee.next('onConfirmed');
      await scheme.ask('POST', '/webhooks/settle-transfers', { auth: 'admin:admin' });
      const window = { from: inMs(-60_000), to: inMs(60_000) };
      const [line, ...others] = (await payee.adapter.statement(window)) ?? [];
      expect(others).toEqual([]);
      expect(line).toEqual({
        ...{ transferId: transfer.transferId, payerDfspId: 'payer', payeeDfspId: 'payee', amount: kes(10_050n) },
        ...{ state: 'committed', payerFee: kes(101n), payeeFee: kes(0n), settled: true },
        ...{ createdAt: expect.any(Date) as unknown, decidedAt: expect.any(Date) as unknown },
      });
      expect(await payer.adapter.statement(window)).toEqual([line]);
    });
  });
});

/** A ledger before the true one, which says of every transfer that it was executed, by a fulfilment that is none. */
async function lyingLedger(): Promise<{ over(port: number): { ledgerUrl: string }; close(): Promise<void> }> {
  let behind = '';
  const server = await listen(
    createServer((req, res) => {
      void (async () => {
        const { method = 'GET', url = '/', headers } = req;
        if (url.endsWith('/fulfillment')) return res.end(`cf:0:${'A'.repeat(43)}`);
        const chunks: Buffer[] = [];
        for await (const chunk of req) chunks.push(chunk as Buffer);
        const { authorization = '' } = headers;
        const answer = await fetch(`${behind}${url}`, {
          method,
          headers: { authorization, 'content-type': 'application/json' },
          ...(method !== 'GET' && { body: Buffer.concat(chunks) }),
        });
        const text = await answer.text();
        return res.writeHead(answer.status).end(text.replace('"state":"prepared"', '"state":"executed"'));
      })();
    }),
  );
  return {
    over: (port) => {
      behind = `http://127.0.0.1:${port}`;
      return { ledgerUrl: urlOf(server) };
    },
    close: () => close(server),
  };
}
