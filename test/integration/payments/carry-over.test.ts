import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { aloneScheme, appRole, createServices, type Services } from '../../../src/app';
import { createIdentity } from '../../../src/identity';
import { chartOf } from '../../../src/ledger';
import {
  assert,
  createCipher,
  createDb,
  createIds,
  createLog,
  loadConfig,
  migrate,
  plusMs,
  systemClock,
  type Db,
  type Msisdn,
} from '../../../src/platform';
import { createEmptyDatabase, type TestDatabase } from '../../support/database';
import { networkless, testSecrets } from '../../support/world';

/** An installation of the first ledger, with people, money and open requests, is migrated and goes on. */
const migrations = path.join(__dirname, '..', '..', '..', 'src', 'migrations');
const ids = createIds(systemClock);
const house = { fees: ids.uuid(), commissions: ids.uuid(), trust: ids.uuid() };
const accounts = { hamim: ids.uuid(), kani: ids.uuid(), amina: ids.uuid(), reward: ids.uuid(), frozen: ids.uuid() };
const [approved, overdue] = [ids.uuid(), ids.uuid()];
const pin = '4071';

describe('books of the first ledger', () => {
  let database: TestDatabase;
  let db: Db;
  let services: Services;
  let people: { hamim: string; kani: string; amina: string };

  beforeAll(async () => {
    database = await createEmptyDatabase();
    const before = await mkdtemp(path.join(tmpdir(), 'starhash-migrations-'));
    for (const name of (await readdir(migrations)).filter((one) => one < '0006'))
      await copyFile(path.join(migrations, name), path.join(before, name));
    await migrate(database.db, before);
    await rm(before, { recursive: true });
    people = await livePeople();
    await liveMoney();
    expect(await migrate(database.db)).toContain('0008_payments.sql');
    db = createDb({ url: database.url, connectionsMax: 8, role: appRole, onError: () => undefined });
    const { market, limits, scheme: own } = loadConfig({});
    const log = createLog('silent');
    const scheme = { ...own, ...aloneScheme(own, { clock: systemClock, log }) };
    services = createServices({ db, clock: systemClock, ids, log, secrets: testSecrets, market, limits, scheme });
    await services.ledger.prepare(systemClock.now());
  });
  afterAll(async () => {
    await services.ledger.close();
    await db.close();
    await database.drop();
  });

  async function livePeople(): Promise<typeof people> {
    const identity = createIdentity({
      db: database.db,
      clock: systemClock,
      ids,
      cipher: createCipher(testSecrets.dataKeys),
      peppers: testSecrets.peppers,
      indexKey: testSecrets.indexKey,
      onLocked: () => Promise.resolve(),
      ...networkless,
    });
    const hashed = await identity.hashPin(pin, '1990-01-31');
    assert(hashed.ok, 'a PIN can be hashed');
    const add = async (firstName: string, msisdn: string, role: 'customer' | 'agent', own: readonly string[]) => {
      const customerId = ids.uuid();
      const insert = (text: string, ...values: unknown[]) => database.db.run({ text, values: [customerId, ...values] });
      await insert(
        `insert into customer (customer_id, first_name, last_name, language, role, status, birth_date, national_id, key_id,
           person_index, created_at)
         values ($1, $2, 'Juma', 'en', $3, 'active', '', '', 'test', convert_to($4, 'UTF8'), now())`,
        ...[firstName, role, msisdn],
      );
      const assign = `insert into phone_assignment (customer_id, assignment_id, msisdn, valid_from) values ($1, $2, $3, now())`;
      await insert(assign, ids.uuid(), msisdn);
      for (const [index, accountId] of own.entries()) {
        const purpose = index === 0 ? 'main' : 'commission';
        await insert(
          `insert into customer_account (customer_id, account_id, purpose) values ($1, $2, $3)`,
          accountId,
          purpose,
        );
      }
      await insert(
        `insert into pin (customer_id, hash, pepper_id, failed_attempts, changed_at) values ($1, $2, $3, 0, now())`,
        ...[hashed.value.hash, hashed.value.pepperId],
      );
      return customerId;
    };
    return {
      hamim: await add('Hamim', '+254700000001', 'customer', [accounts.hamim]),
      kani: await add('Kani', '+254700000002', 'customer', [accounts.kani]),
      amina: await add('Amina', '+254700000009', 'agent', [accounts.amina, accounts.reward]),
    };
  }

  /** With the first ledger's own functions. */
  async function liveMoney(): Promise<void> {
    const { db: v1 } = database;
    const open = (id: string, kind: string, floor: bigint | null) =>
      v1.run({ text: 'select ledger_open_account($1, $2, $3, $4, null)', values: [id, kind, 'KES', floor] });
    await open(house.fees, 'fee_income', null);
    await open(house.commissions, 'commission_expense', null);
    await open(house.trust, 'trust', null);
    await open(accounts.hamim, 'customer', 0n);
    await open(accounts.kani, 'customer', -5_000n);
    await open(accounts.amina, 'agent', 0n);
    await open(accounts.reward, 'commission', 0n);
    await open(accounts.frozen, 'customer', 0n);
    const move = async (
      legs: readonly (readonly [string, string, bigint, string])[],
      id = ids.uuid(),
      until?: Date,
    ) => {
      const { refusal } = await v1.one<{ refusal: string | null }>({
        text: 'select refusal from ledger_move($1, $2, $3, $4, $5, $6, now())',
        values: [id, legs.map((l) => l[0]), legs.map((l) => l[1]), legs.map((l) => l[2]), legs.map((l) => l[3]), until],
      });
      expect(refusal).toBeNull();
    };
    await move([[house.trust, accounts.hamim, 500_000n, 'opening']]);
    await move([[house.trust, accounts.amina, 900_000n, 'opening']]);
    await move([[house.trust, accounts.frozen, 7_000n, 'opening']]);
    await move([
      [accounts.hamim, accounts.kani, 20_000n, 'principal'],
      [accounts.hamim, house.fees, 1_000n, 'fee'],
      [house.commissions, accounts.reward, 500n, 'commission'],
    ]);
    await move([[accounts.kani, accounts.amina, 22_500n, 'principal']]); // below zero, as far as may be
    await v1.run({ text: 'select ledger_set_status($1, $2)', values: [accounts.frozen, 'frozen'] });
    for (const [id, payer, from, until] of [
      [approved, people.hamim, accounts.hamim, plusMs(new Date(), 600_000)],
      [overdue, people.kani, accounts.kani, plusMs(new Date(), 300)],
    ] as const) {
      await move(
        [
          [from, accounts.amina, 1_000n, 'principal'],
          [from, house.fees, 100n, 'fee'],
          [house.commissions, accounts.reward, 50n, 'commission'],
        ],
        id,
        until,
      );
      const common = [id, id.slice(-8), people.amina, payer, from, accounts.amina, until];
      await v1.run({
        text: `insert into payment (payment_id, product, state, reference, initiator_id, payer_id, payee_id,
                 payer_account_id, payee_account_id, currency, amount_minor, fee_minor, commission_minor, decided_by,
                 hop_key, created_at, updated_at, expires_at)
               values ($1, 'cash_out', 'pending', $2, $3, $4, $3, $5, $6, 'KES', 1000, 100, 50, $3, 'hop', now(), now(), $7)`,
        values: common,
      });
    }
    await v1.run({ text: 'select pg_sleep(0.4)' }); // the second one's time is up
  }

  const balanceOf = async (customerId: string, purpose: 'main' | 'commission' = 'main') => {
    const held = await services.accounts.of(db, customerId);
    const account = held.find((one) => one.purpose === purpose)?.accountId ?? '';
    const balance = await services.ledger.balance(db, account);
    return balance && [balance.postedMinor, balance.pendingOutMinor, balance.status];
  };
  const postedOn = async (account: string) => (await services.ledger.balance(db, account))?.postedMinor;

  test('everybody has what they had, held money included; the house too', async () => {
    expect(await balanceOf(people.hamim)).toEqual([479_000n, 1_100n, 'open']);
    expect(await balanceOf(people.kani)).toEqual([-2_500n, 1_100n, 'open']);
    expect(await balanceOf(people.amina)).toEqual([922_500n, 0n, 'open']);
    expect(await balanceOf(people.amina, 'commission')).toEqual([500n, 0n, 'open']);
    const chart = chartOf('KES');
    expect(await postedOn(chart.feeIncome)).toBe(1_000n);
    expect(await postedOn(chart.commissionExpense)).toBe(-500n);
    expect(await postedOn(chart.trust)).toBe(-1_407_000n);
    const { account_id: frozen } = await database.db.one<{ account_id: string }>({
      text: 'select account_id::text from ledger_v1_number where v1_account_id = $1',
      values: [accounts.frozen],
    });
    expect(await services.ledger.balance(db, frozen)).toMatchObject({ postedMinor: 7_000n, status: 'frozen' });
    const report = await services.ledger.verify(db);
    expect(report.deviation).toBeUndefined();
  });

  test('an open cash-out can be approved; one whose time was up cannot, and is released', async () => {
    const { payments } = services;
    const approve = (paymentId: string, customerId: string) =>
      payments.approve({ paymentId, customerId, pin, hopKey: `approve ${paymentId}` });
    expect(await approve(overdue, people.kani)).toMatchObject({ ok: false, error: 'request_gone' });
    expect(await approve(approved, people.hamim)).toMatchObject({ ok: true, value: { state: 'completed' } });
    expect(await payments.expireDue()).toBe(1);
    expect(await balanceOf(people.hamim)).toEqual([477_900n, 0n, 'open']);
    expect(await balanceOf(people.kani)).toEqual([-2_500n, 0n, 'open']);
    expect(await balanceOf(people.amina, 'commission')).toEqual([550n, 0n, 'open']);
    expect((await services.ledger.verify(db)).deviation).toBeUndefined();
  });

  test('somebody from before pays somebody from before', async () => {
    const quoted = await services.payments.quote({
      product: 'send',
      initiatorId: people.hamim,
      to: { msisdn: '+254700000009' as Msisdn },
      amountMinor: 5_000n,
    });
    assert(quoted.ok, 'it can be quoted');
    const submission = { quoteId: quoted.value.quoteId, customerId: people.hamim, pin, hopKey: 'paying' };
    expect(await services.payments.submit(submission)).toMatchObject({ ok: true, value: { state: 'completed' } });
  });

  test('the first books stay as they were, for whoever reads them later', async () => {
    const { n } = await database.db.one<{ n: bigint }>({ text: 'select count(*) as n from ledger_v1_entry' });
    expect(n).toBe(14n);
    await expect(database.db.run({ text: 'delete from ledger_v1_entry' })).rejects.toThrow('append-only');
  });
});

test('without people and money the migration makes no account, no transfer and no month', async () => {
  const database = await createEmptyDatabase();
  try {
    await migrate(database.db);
    const found = await database.db.one({
      text: `select (select count(*) from ledger_account) as accounts, (select count(*) from ledger_v1_number) as numbers,
               (select count(*) from pg_inherits) as months`,
    });
    expect(found).toEqual({ accounts: 0n, numbers: 0n, months: 0n });
  } finally {
    await database.drop();
  }
});
