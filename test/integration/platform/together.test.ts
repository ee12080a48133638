import { createDb, type Db, type Query } from '../../../src/platform';
import { createTestDatabase } from '../../support/database';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, connectionsMax: 4, onError: () => undefined });
  await db.run({ text: 'create table mark (id integer primary key)' });
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

const transaction: Query = { name: 'transaction', text: 'select pg_current_xact_id()::text as id', together: true };
const mark = (id: number): Query => ({
  name: 'mark',
  text: 'insert into mark (id) values ($1)',
  values: [id],
  together: true,
});

test('statements that come at once share a transaction, and one that comes alone has its own', async () => {
  const ids = async (count: number) =>
    (await Promise.all(Array.from({ length: count }, () => db.one<{ id: string }>(transaction)))).map(({ id }) => id);
  const many = await ids(5);
  expect(new Set(many).size).toBe(1);
  expect(many).not.toContain((await ids(1))[0]);
});

test('one that fails is told so, and harms none of those that came with it', async () => {
  await db.run(mark(1));
  const results = await Promise.allSettled([2, 1, 3].map((id) => db.run(mark(id))));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(results[1]).toMatchObject({ reason: { code: '23505' } });
  expect(await db.rows({ text: 'select id from mark order by id' })).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
});

test('those that were on a connection that broke are run again', async () => {
  const end: Query = { text: 'select pg_terminate_backend(pg_backend_pid())', together: true };
  const results = await Promise.allSettled([db.run(mark(4)), db.run(end), db.run(mark(5))]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await Promise.all([6, 7].map((id) => db.run(mark(id))));
  expect(await db.one({ text: 'select count(*)::integer as n from mark' })).toEqual({ n: 7 });
});

test('one that waits for a row that somebody holds keeps nobody else waiting', async () => {
  const [holder, patient] = [
    await db.session(),
    { ...mark(8), name: 'wait', text: 'update mark set id = id where id = $1' },
  ];
  await db.run(mark(8));
  await holder.run({ text: 'begin' });
  await holder.run({ text: 'select from mark where id = 8 for update' });
  let isDone = false;
  const waits = db.run(patient).then(() => (isDone = true));
  await Promise.all([9, 10].map((id) => db.run(mark(id))));
  await db.run(mark(11));
  expect(isDone).toBe(false);
  await holder.run({ text: 'rollback' });
  await waits;
  holder.end();
});
