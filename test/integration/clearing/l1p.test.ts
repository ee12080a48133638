import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartyId } from '../../../src/switch';
import { openL1pAddress, type L1pAddress } from '../../support/l1p';
import { ledgerTransfers } from '../../support/scheme-books';
import { startSchemeProcess, type SchemeProcess } from '../../support/sim-process';
import { createTwo, type Between, type Two } from '../../support/two';
import { createCall, createMovableClock, type Call, type World } from '../../support/world';
import { hamimsPhone, idOf, jumasPhone, moneyOf, openVenya, owed, personOn, toThePin, venyasPhone } from './people';

/** Two whole providers and the central services of 2017 in a process of their own, with a time of their own. */
let scheme: SchemeProcess;
let addresses: Readonly<Record<string, L1pAddress>>;
let both: Two;
let venya: string;
beforeAll(async () => {
  scheme = await startSchemeProcess({
    ...{ SCHEME_AUTH: 'basic', SCHEME_CURRENCY: 'KES', SCHEME_TRANSFER_LIMIT: '2000' },
    SCHEME_IDENTIFIER_TYPES: 'eur=User number;tel=Telephone number;mailto=E-mail address',
  });
  const { ports } = scheme;
  addresses = { one: await openL1pAddress('one', ports), two: await openL1pAddress('two', ports) };
});
afterAll(async () => {
  await Promise.all(Object.values(addresses).map((address) => address.close()));
  await scheme.close();
});
beforeEach(async () => {
  both = await createTwo(between());
  venya = await openVenya(both.two);
});
afterEach(() => both.close());

const venyasNumber: PartyId = { idType: 'MSISDN', id: venyasPhone.slice(1) };
const venyasEmail: PartyId = { idType: 'EMAIL', id: 'venya@two.com' };

function between(): Between {
  const clock = createMovableClock();
  return {
    clock,
    seed: randomUUID(),
    hopDeadlineMs: 3_000,
    adapterFor: (dfspId, deps) => {
      const address = addresses[dfspId];
      if (!address) throw new Error(`nobody is called ${dfspId}`);
      const adapter = address.adapter(deps);
      return {
        ...adapter,
        start: async (handler) => {
          const context = () => ({ deadline: new Date(clock.now().getTime() + 5_000) });
          // As a provider that keeps e-mail addresses does: the central rules want a number of whoever is paid.
          const onLookup: typeof handler.onLookup = async (lookup) => {
            if (lookup.partyId.idType !== 'EMAIL') return handler.onLookup(lookup);
            const result = { partyId: venyasNumber, dfspId, name: 'Venya Otieno' };
            await adapter.answerLookup({ ...lookup, result }, context());
          };
          await adapter.start({ ...handler, onLookup });
          if (dfspId !== 'two') return;
          for (const partyId of [venyasNumber, venyasEmail]) await adapter.registerParty(partyId, 'add', context());
        },
      };
    },
    idle: () => sleep(100),
    expireDue: () => Promise.resolve(0), // the scheme does so by itself
  };
}

/** Lets everybody do what is due until something is so; time goes on for the providers, so that things are due. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    await both.settle();
    if (await isSo()) return;
    both.clock.advance(2_000);
  }
  throw new Error('it did not come to that in time');
}

/** Hamim stands before the PIN of a payment that was offered. */
async function offered(): Promise<Call> {
  const { call, asked, confirm } = await toThePin(both);
  expect(asked).toContain('Send to Venya Otieno at two.');
  expect(confirm).toContain('Send KES 1,000.00 to Venya Otieno');
  return call;
}

const hamim = () => idOf(both.one, hamimsPhone);
const isPaid = async () => (await moneyOf(both.two, venya)).available === 100_000n;
const isDecided = async () => (await moneyOf(both.one, await hamim())).held === 0n;

async function expectPaid(): Promise<void> {
  await until(async () => (await isPaid()) && (await isDecided()));
  expect(await moneyOf(both.two, venya)).toEqual({ available: 100_000n, held: 0n });
  expect(await owed(both)).toEqual([100_000n, -100_000n]);
}

async function expectGivenBack(before: { available: bigint }): Promise<void> {
  await until(isDecided);
  expect(await moneyOf(both.one, await hamim())).toEqual({ available: before.available, held: 0n });
  expect(await moneyOf(both.two, venya)).toEqual({ available: 0n, held: 0n });
  expect(await owed(both)).toEqual([0n, 0n]);
}

test('R132, R134, R184: a customer pays somebody at another provider by name, both are told, and it is on three ledgers', async () => {
  const call = await offered();
  expect(await call.answer('4071')).toMatch(/^END KES 1,000.00 sent to Venya Otieno/);
  await expectPaid();
  expect(both.one.sms.sent.map(({ to }) => to)).toContain(hamimsPhone);
  expect(both.two.sms.sent).toContainEqual({
    to: venyasPhone,
    body: expect.stringMatching(/You received KES 1,000.00 from Hamim J/) as unknown,
  });
  const ours = { text: 'select transfer_id as id, state from scheme_transfer' };
  const stateAt = (world: World) => world.owner.one<{ id: string; state: string }>(ours);
  const [paying, paid] = await Promise.all([stateAt(both.one), stateAt(both.two)]);
  expect(paying).toMatchObject({ state: 'committed' });
  expect(paid).toEqual(paying);
  const central = await ledgerTransfers(scheme.ports.admin);
  expect(central.filter(({ transferId }) => transferId === paying.id)).toEqual([
    { transferId: paying.id, state: 'committed', payer: 'one', amountMinor: 100_000n },
  ]);
});

test('R118, R119, R138: a shop asks a customer of another provider by user number, and is paid', async () => {
  await (await offered()).answer('4071');
  await expectPaid();
  const { userNumber } = await personOn(both.two, venyasPhone);
  const shop = createCall(both.one, jumasPhone);
  await shop.dial('12');
  for (const answer of [userNumber, '150', 'Table 5']) await shop.answer(answer);
  expect(await shop.answer('1')).toMatch(/^END Sent: Venya Otieno is asked to pay KES 150.00/);
  await until(async () => (await both.two.services.invoices.waiting(venya)).length === 1);
  const buyer = createCall(both.two, venyasPhone);
  await buyer.dial();
  expect(await buyer.answer('2')).toContain('1 KES 150.00 Juma Mwangi, one');
  expect(await buyer.answer('1')).toContain('Pay KES 150.00 to Juma Mwangi\nTable 5');
  await buyer.answer('2580');
  await until(async () => (await owed(both))[0] === 85_000n && (await owed(both))[1] === -85_000n);
  const paid = { text: 'select state from invoice' };
  expect(await both.one.services.db.rows(paid)).toEqual([{ state: 'paid' }]);
  expect(await both.two.services.db.rows(paid)).toEqual([{ state: 'paid' }]);
});

test('R220, R221: somebody at another provider is found by an e-mail address in the directory, and paid', async () => {
  const call = createCall(both.one, hamimsPhone);
  await call.dial();
  await call.answer('1');
  expect(await call.answer('Venya@two.com')).toContain('Venya@two.com is:\n1 An e-mail address\n2 An account');
  expect(await call.answer('2')).toContain('Nobody was found.');
  expect(await call.answer('1')).toContain('Send to Venya Otieno at two.');
  expect(await call.answer('1000')).toContain('Send KES 1,000.00 to Venya Otieno');
  expect(await call.answer('4071')).toMatch(/^END KES 1,000.00 sent to Venya Otieno/);
  await expectPaid();
});

test('whoever is in no directory is unknown', async () => {
  const call = createCall(both.one, hamimsPhone);
  await call.dial();
  await call.answer('1');
  expect(await call.answer('0711000077')).toContain('This number has no account here.');
});

test('R242: what the central rules forbid is not offered', async () => {
  const { confirm } = await toThePin(both, '3000');
  expect(confirm).toContain('That is more than may be sent to another provider.');
});

test('R187, R186: a payee who has left since the quote is refused, and the payer gets it all back', async () => {
  const before = await moneyOf(both.one, await hamim());
  const call = await offered();
  const left = await both.two.services.closing.close({ customerId: venya, hopKey: 'leaves', pin: '2580' });
  expect(left).toEqual({ ok: true, value: { leftMinor: 0n } });
  await call.answer('4071');
  await until(isDecided);
  expect(await moneyOf(both.one, await hamim())).toEqual({ available: before.available, held: 0n });
  expect(await owed(both)).toEqual([0n, 0n]);
});

test('Q3, R180, R188: what the ledger executes after our own time is up goes through', async () => {
  both.wires.one.copies = (name) => (name === 'onTransferOutcome' ? 0 : 1);
  const call = await offered();
  expect(await call.answer('4071')).toMatch(/^END KES 1,000.00 to Venya Otieno is on its way/);
  both.clock.advance(600_000);
  expect((await moneyOf(both.one, await hamim())).held).toBeGreaterThanOrEqual(100_000n);
  both.wires.one.copies = () => 1;
  await expectPaid();
});

test('R194: a scheme that is killed after the prepare takes up the transfer where it was', async () => {
  both.wires.two.copies = (name) => (name === 'answerPrepare' ? 0 : 1);
  const call = await offered();
  expect(await call.answer('4071')).toMatch(/^END KES 1,000.00 to Venya Otieno is on its way/);
  await scheme.kill();
  both.wires.two.copies = () => 1;
  both.clock.advance(5_000);
  await both.settle();
  expect((await moneyOf(both.one, await hamim())).held).toBeGreaterThanOrEqual(100_000n);
  await scheme.start();
  await expectPaid();
});

test('R193: a scheme that is away before the prepare costs nobody anything', async () => {
  const before = await moneyOf(both.one, await hamim());
  const call = await offered();
  await scheme.kill();
  await call.answer('4071');
  await expectGivenBack(before);
  await scheme.start();
});
