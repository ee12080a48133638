import { randomBytes } from 'node:crypto';
import { createDb } from '../../../src/platform';
import { leg, okOf, openBooks, refusalOf, type Books } from './books';

let books: Books;
let payer: string;
let pending: string;
beforeAll(async () => {
  books = await openBooks();
  payer = await books.open({ openingMinor: 1_000n });
  const legs = [leg(payer, books.chart.feeIncome, 10n, { code: 'fee' })];
  okOf(await books.move(...legs));
  pending = await books.reserve(...legs);
  okOf(await books.release(await books.reserve(...legs)));
  await books.move(leg(payer, books.chart.feeIncome, 10_000n));
});
afterEach(() => books.check());
afterAll(() => books.close());

const tablesOfTheBooks = `
  select c.oid::regclass::text as name from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and c.relname ~ '^(ledger|audit)_'
  order by 1`;

describe('the gateway’s role', () => {
  test('writes no table of the books, partitions included', async () => {
    const tables = await books.owner.rows<{ name: string }>({ text: tablesOfTheBooks });
    expect(tables.length).toBeGreaterThan(25);
    for (const { name } of tables) {
      const { column } = await books.owner.one<{ column: string }>({
        text: `select attname as column from pg_attribute where attrelid = $1::regclass and attnum = 1`,
        values: [name],
      });
      const writes = [
        `insert into ${name} select * from ${name}`,
        `insert into ${name} default values`,
        `update ${name} set ${column} = ${column}`,
        `delete from ${name}`,
        `truncate ${name}`,
        `select * from ${name} for update`,
        `alter table ${name} disable trigger all`,
        `drop table ${name}`,
      ];
      for (const text of writes) {
        const refusal = await refusalOf(books.db.run({ text }));
        expect([text, refusal]).toEqual([text, expect.stringMatching(/^(permission denied|must be owner)/)]);
      }
    }
  });

  test.each([
    ['a link of the log', `select audit_append(c, 1, 0, null, null) from audit_chain c where chain = 0`],
    ['a partition', `select make_month_partitions('ledger_transfer', 'transfer_id_floor', now(), 1)`],
    ['an event about an account', `select ledger_actor_event('x.y', '{}', 1, 1, null, null)`],
    ['triggers switched off', `set session_replication_role = replica`],
    ['another sequence of numbers', `select setval('ledger_account_number', 1000001)`],
    [
      'a function of its own in our place',
      `create function attach_evil(jsonb) returns void language sql as 'select 1'`,
    ],
    ['a file', `copy (select 1) to '/tmp/starhash-never'`],
  ])('cannot make %s', async (_what, text) => {
    expect(await refusalOf(books.db.run({ text }))).toMatch(/permission denied|cannot set|must be/);
  });

  test('may call these functions that write, and no others', async () => {
    const functions = await books.owner.rows<{ name: string }>({
      text: `select proname as name from pg_proc
             where pronamespace = current_schema()::regnamespace and prosecdef
               and has_function_privilege('starhash_app', oid, 'execute') and proname ~ '^(ledger|audit|make|attach)_'
             order by 1`,
    });
    expect(functions.map(({ name }) => name)).toEqual([
      ...['audit_record', 'ledger_close_period', 'ledger_open_account', 'ledger_post', 'ledger_prepare'],
      ...['ledger_set_bounds', 'ledger_set_limits', 'ledger_set_status', 'ledger_set_time_zone'],
    ]);
  });

  test('finds no function of the books whose search path it could bend', async () => {
    const open = await books.owner.rows({
      text: `select proname from pg_proc
             where pronamespace = current_schema()::regnamespace and prosecdef
               and not coalesce(proconfig::text ~ 'search_path=', false)`,
    });
    expect(open).toEqual([]);
  });

  test('cannot leave its role where it has a login of its own', async () => {
    const login = `starhash_test_${randomBytes(6).toString('hex')}`;
    const { owner } = await books.owner.one<{ owner: string }>({ text: 'select current_user as owner' });
    await books.owner.run({ text: `create role ${login} login password '${login}' in role starhash_app` });
    const url = new URL(books.url);
    [url.username, url.password] = [login, login];
    const db = createDb({ url: url.href, connectionsMax: 1, role: 'starhash_app', onError: () => undefined });
    try {
      await db.rows({ text: 'select from ledger_account limit 1' });
      for (const text of [`set role ${owner}`, `set session authorization ${owner}`]) {
        expect(await refusalOf(db.run({ text }))).toMatch(/permission denied/);
      }
      await db.run({ text: 'set role none' });
      expect(await refusalOf(db.run({ text: 'delete from ledger_hold' }))).toMatch(/permission denied/);
    } finally {
      await db.close();
      await books.owner.run({ text: `drop role ${login}` });
    }
  });

  test('temporary objects of the same name change nothing', async () => {
    await expect(
      books.db.tx(async (tx) => {
        await tx.run({ text: 'create temporary table ledger_account (like ledger_account)' });
        await tx.run({ text: 'create temporary table audit_chain (like audit_chain)' });
        const { opened } = await tx.one<{ opened: boolean }>({
          text: `select ledger_open_account(5000000, 'customer', 'KES', 0, null, null, '{"kind":"staff","id":"x"}', 1) as opened`,
        });
        expect(opened).toBe(true);
        const { rows } = await tx.one<{ rows: bigint }>({
          text: 'select count(*) as rows from pg_temp.ledger_account',
        });
        expect(rows).toBe(0n);
        throw new Error('roll it back');
      }),
    ).rejects.toThrow(/roll it back|permission denied/);
  });
});

describe('not even the owner', () => {
  test.each([
    ['update ledger_transfer set result = 0', /transfers are append-only/],
    ['update ledger_transfer set seq = seq where kind = 1', /transfers are append-only/],
    ['delete from ledger_transfer', /transfers are append-only/],
    ['truncate ledger_transfer', /transfers are append-only/],
    ['update ledger_transfer_202601 set kind = 2', /transfers are append-only/],
    ['delete from ledger_transfer_202601', /transfers are append-only/],
    ['truncate ledger_transfer_202601', /append-only/],
    ['update audit_link set hash = hash', /the log is append-only/],
    ['delete from audit_link', /the log is append-only/],
    ['truncate audit_link', /the log is append-only/],
    ['update audit_event set actor_id = actor_id', /the log is append-only/],
    ['delete from audit_event', /the log is append-only/],
    ['truncate audit_event', /the log is append-only/],
    ['delete from audit_chain', /the log is append-only/],
    ['truncate audit_chain cascade', /the log is append-only/],
    ['update audit_chain set number = number + 2, last_seq = last_seq + 16', /the log is append-only/],
    ['update audit_chain set number = number + 1', /the log is append-only/],
    [`update audit_chain set hash = ''`, /the log is append-only/],
    ['update ledger_hold set expires_at = now()', /posted or voided, never changed/],
    ['delete from ledger_account', /accounts are kept/],
    ['truncate ledger_account cascade', /accounts are kept/],
    [`update ledger_account set kind = 'merchant'`, /what an account is never changes/],
    ['update ledger_account set currency = 840', /what an account is never changes/],
    ['update ledger_account set account_id = account_id + 1000000', /what an account is never changes/],
    [
      'update ledger_account set debits_posted_minor = debits_posted_minor - 1 where debits_posted_minor > 0',
      /counters only grow/,
    ],
    [
      'update ledger_account set credits_posted_minor = credits_posted_minor - 1 where credits_posted_minor > 0',
      /counters only grow/,
    ],
    ['update ledger_account set last_seq = last_seq - 1 where last_seq > 0', /counters only grow/],
    ['update ledger_account set debits_pending_minor = -1', /ledger_account_range/],
    [
      'update ledger_account set debits_posted_minor = 4000000000000000001 where floor_minor is null',
      /ledger_account_range/,
    ],
    [
      'update ledger_account set debits_posted_minor = debits_posted_minor + 1000 where floor_minor = 0',
      /ledger_account_floor/,
    ],
    [
      'update ledger_account set debits_pending_minor = debits_pending_minor + 1000 where floor_minor = 0',
      /ledger_account_floor/,
    ],
    ['update ledger_account set ceiling_minor = 900 where floor_minor = 0', /ledger_account_ceiling/],
    ['update ledger_account set status = 7', /cannot have these terms/],
    ['update ledger_account set status = 5', /cannot have these terms/],
    ['update ledger_account set floor_minor = 0 where account_id < 1000000', /cannot have these terms/],
  ])('%s', async (text, refusal) => {
    expect(await refusalOf(books.owner.run({ text }))).toMatch(refusal);
  });

  test.each([
    ['money', 'credits_posted_minor', '5'],
    ['something held', 'debits_pending_minor', '5'],
    ['a status', 'status', '7'],
    ['a last row', 'last_seq', '5'],
    ['counted limits', 'limit_day', '5'],
  ])('opens an account with %s', async (_what, column, value) => {
    const text = `insert into ledger_account (account_id, kind, currency, ${column}) values (7000000, 'customer', 404, ${value})`;
    expect(await refusalOf(books.owner.run({ text }))).toMatch(/an account begins open and empty/);
  });

  test('lets a day of limits begin again', async () => {
    const limitProfile = await books.limits({ out: { day: { count: 5 } } });
    const account = await books.open({ openingMinor: 5n, limitProfile });
    okOf(await books.move(leg(account, books.chart.trust, 1n, { counted: true })));
    for (const period of ['day', 'week', 'month', 'year']) {
      const text = `update ledger_account set limit_${period} = limit_${period} - 1 where account_id = ${account}`;
      expect(await refusalOf(books.owner.run({ text }))).toMatch(/no day begins again/);
    }
  });

  test('wakes a closed account', async () => {
    const account = await books.open();
    await books.db.tx((tx) => books.ledger.setStatus(tx, account, 'closed', { kind: 'staff', id: 'x' }));
    for (const change of ['status = 0', 'credits_posted_minor = 5', 'limit_profile = null']) {
      const text = `update ledger_account set ${change} where account_id = ${account}`;
      expect(await refusalOf(books.owner.run({ text }))).toMatch(/closed is for good/);
    }
  });

  test('books a transfer twice, or in a month that is not there', async () => {
    const columns = 'transfer_id, seq, kind, result, pending_id, expires_at, legs, digest';
    const again = `insert into ledger_transfer (${columns}) select ${columns} from ledger_transfer where transfer_id = '${pending}'`;
    expect(await refusalOf(books.owner.run({ text: again }))).toMatch(/ledger_transfer_202601_pkey/);
    const later = again.replace('select transfer_id', `select '01ff0000-0000-7000-8000-000000000000'::uuid`);
    expect(await refusalOf(books.owner.run({ text: later }))).toMatch(
      /no partition of relation "ledger_transfer" found/,
    );
  });
});
