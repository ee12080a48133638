import { createServer, type Server } from 'node:http';
import { readFile, rm } from 'node:fs/promises';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { createHub, type Hub } from '../../sims/hub/hub';
import people from '../../sims/people.json';
import { makeKeys } from '../support/keys';
import { close, listen, urlOf } from '../support/listen';
import { messages } from '../support/phone';
import { startProvider, type Provider } from '../support/provider';
import { cleanUp } from '../support/system';
import { startSchemeAdapter, type SchemeAdapter } from './adapter';
import { startBank, type Bank } from './bank';

/**
 * A provider of ours and one that uses Mojaloop's own scheme adapter, which checks our signatures, packets, conditions and
 * fulfilments and makes its own.
 */
const [hamim, kani] = people;
if (!hamim || !kani) throw new Error('the people of the sandbox are gone');
const asha = { msisdn: '254711000009', firstName: 'Asha', lastName: 'Mwangi' };
const digitsOf = (msisdn: string) => msisdn.slice(1);

let [hub, hubServer]: [Hub | undefined, Server | undefined] = [undefined, undefined];
let keyFolder = '';
let provider: Provider;
let adapter: SchemeAdapter;
let bank: Bank;

beforeAll(async () => {
  keyFolder = await makeKeys(['starhash', 'benki', 'Hub']);
  const addresses = new Map<string, string>();
  hub = createHub(addresses, { version: '1.1', key: createPrivateKey(await readFile(`${keyFolder}/Hub.key`)) });
  hubServer = await listen(createServer(hub.app));
  bank = await startBank([asha]);
  const hubUrl = urlOf(hubServer);
  adapter = await startSchemeAdapter({ dfspId: 'benki', hubUrl, keyFolder, bank: bank.address });
  addresses.set('benki', adapter.url);
  const address = { dfspId: 'starhash', switchUrl: hubUrl, hubId: 'Hub', keyFolder };
  provider = await startProvider(address);
  addresses.set('starhash', provider.url);
  // The adapter registers nobody by itself: its bank does, which is no part of it.
  await fetch(`${hubUrl}/participants/MSISDN/${asha.msisdn}`, {
    method: 'POST',
    headers: { 'fspiop-source': 'benki', 'content-type': 'application/json' },
    body: JSON.stringify({ fspId: 'benki' }),
  });
});
afterAll(async () => {
  await cleanUp();
  await adapter.stop();
  await hub?.close();
  if (hubServer) await close(hubServer);
  await bank.close();
  await rm(keyFolder, { recursive: true });
});

async function balanceOf({ msisdn, pin }: { msisdn: string; pin: string }): Promise<string> {
  const call = await provider.phone.dial(msisdn);
  const { text } = await call.answerAll('4', pin);
  await call.end('Success');
  return /Your balance[^\d]*([\d,.]+\d)/.exec(text)?.[1] ?? text;
}

const pays = (amount: string) => ({
  homeTransactionId: randomUUID(),
  from: { idType: 'MSISDN', idValue: asha.msisdn, displayName: 'Asha Mwangi', firstName: 'Asha', lastName: 'Mwangi' },
  to: { idType: 'MSISDN', idValue: digitsOf(kani.msisdn) },
  ...{ amountType: 'SEND', currency: 'KES', amount, transactionType: 'TRANSFER' },
});

const party = (id: string, fspId: string) => ({
  partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: id, fspId },
});
const quote = {
  quoteId: randomUUID(),
  transactionId: randomUUID(),
  payer: party(digitsOf(hamim.msisdn), 'starhash'),
  payee: party(asha.msisdn, 'benki'),
  amountType: 'SEND',
  amount: { currency: 'KES', amount: '100' },
  transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
};

test('R132, R184: a customer of ours pays one of theirs by phone; what we sign and offer is taken', async () => {
  const before = await balanceOf(hamim);
  const call = await provider.phone.dial(hamim.msisdn);
  const found = await call.answerAll('1', `0${asha.msisdn.slice(3)}`);
  expect(found.text).toContain('Asha');
  expect((await call.answer('100')).text).toContain('Fee KES 10.00');
  expect(await call.answer(hamim.pin)).toMatchObject({
    kind: 'END',
    text: expect.stringMatching(/^KES 100\.00 sent to/) as string,
  });
  await call.end('Success');
  expect(bank.received).toEqual([{ to: asha.msisdn, amount: '100', currency: 'KES' }]);
  expect([before, await balanceOf(hamim)]).toEqual(['5,000.00', '4,890.00']);
});

test('R132, M70: one of theirs pays a customer of ours; what we fulfil is taken as the proof', async () => {
  const paid = await adapter.order('/transfers', pays('250'));
  expect(paid).toMatchObject({ status: 200, body: { currentState: 'COMPLETED' } });
  const [told] = await messages(provider.system.simUrl, kani.msisdn, 1);
  expect(told?.text).toMatch(/You received KES 250\.00 from Asha/);
});

test('M70: the adapter takes nothing that is not signed: what it took above was', async () => {
  const type = 'application/vnd.interoperability.quotes+json;version=1.1';
  const response = await fetch(`${adapter.url}/quotes`, {
    method: 'POST',
    headers: { 'content-type': type, accept: type, date: new Date().toUTCString(), 'fspiop-source': 'starhash' },
    body: JSON.stringify(quote),
  });
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('3105') as string]);
});

test('R187: what their bank refuses stays with our customer, who hears it', async () => {
  bank.refuse(true);
  const before = await balanceOf(hamim);
  const call = await provider.phone.dial(hamim.msisdn);
  await call.answerAll('1', `0${asha.msisdn.slice(3)}`, '100');
  const { text } = await call.answer(hamim.pin);
  await call.end('Success');
  bank.refuse(false);
  expect(text).not.toContain('sent to');
  expect(await balanceOf(hamim)).toBe(before);
});
