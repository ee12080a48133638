import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHeadPublisher, verify, verifySnapshot } from '../../../src/audit';
import { createLog, parseKeyring, type Sql } from '../../../src/platform';
import { leg, okOf } from '../ledger/books';
import { about, afterTampering, live, named, openTrail, type Trail } from './trail';

let trail: Trail;
beforeAll(async () => {
  trail = await openTrail();
  await live(trail, 3);
  await trail.record(...['a', 'b', 'c'].map((id) => about(`last-${id}`))); // the last link of chain 0, of three events
});
afterAll(() => trail.close());

const run = (sql: Sql, text: string) => sql.run({ text });
const deviationsAfter = async (...statements: string[]) =>
  named(
    await afterTampering(trail.owner, async (sql) => {
      for (const text of statements) await run(sql, text);
    }),
  );
/** SQL for the sequence number of a link. */
const seqOf = (number: string | number, chain = 0) =>
  `(select seq from audit_link where seq & 15 = ${chain} and number = ${number})`;
const lastNumber = async (chain: number): Promise<number> => {
  const text = 'select number::integer as number from audit_chain where chain = $1';
  return (await trail.owner.one<{ number: number }>({ text, values: [chain] })).number;
};

test('whole books are clean, every row was read, and the size of a page makes no difference', async () => {
  const report = await verifySnapshot(trail.owner);
  expect(named(report)).toEqual([]);
  const counted = await trail.owner.one({
    text: `select (select count(*) from audit_link)::integer as links, (select count(*) from audit_event)::integer as events,
                  (select count(*) from ledger_transfer)::integer as transfers`,
  });
  const sum = (of: 'links' | 'events' | 'transfers') => report.chains.reduce((total, chain) => total + chain[of], 0);
  expect({ links: sum('links'), events: sum('events'), transfers: sum('transfers') }).toEqual(counted);
  expect(report.chains.every(({ links, provenTo }) => links === provenTo)).toBe(true);
  for (const pageRows of [1, 2, 3, 7]) expect(await verifySnapshot(trail.owner, { pageRows })).toEqual(report);
});

describe('an event', () => {
  let last: number;
  beforeAll(async () => void (last = await lastNumber(0)));
  const ofLast = (number: number) => `where seq = ${seqOf(last)} and number = ${number}`;

  test('that was changed is named', async () => {
    const name = `changed event 2 of link ${last} of chain 0`;
    expect(await deviationsAfter(`update audit_event set actor_id = 'x' ${ofLast(2)}`)).toEqual([name]);
    expect(await deviationsAfter(`update audit_event set trace_id = '' ${ofLast(2)}`)).toEqual([name]);
    expect(await deviationsAfter(`update audit_event set at = 'infinity' ${ofLast(2)}`)).toEqual([name]);
    expect(await deviationsAfter(`update audit_event set digest = sha256('') ${ofLast(2)}`)).toEqual([name]);
  });

  test('that was changed with its digest is found by the hash of its link', async () => {
    const rehash = `update audit_event set actor_id = 'x',
        digest = sha256(int8send(seq) || int4send(number) || convert_to(jsonb_build_array(micros_of(at), action, actor_kind,
          'x', subject_kind, subject_id, transfer_id, trace_id, old_value, new_value)::text, 'UTF8')) ${ofLast(2)}`;
    expect(await deviationsAfter(rehash)).toEqual([`changed link ${last} of chain 0`]);
  });

  test('that was dropped is named, in the middle and at the end', async () => {
    expect(await deviationsAfter(`delete from audit_event ${ofLast(2)}`)).toEqual([
      `missing event 2 of link ${last} of chain 0`,
    ]);
    expect(await deviationsAfter(`delete from audit_event ${ofLast(3)}`)).toEqual([
      `missing event 3 of link ${last} of chain 0`,
    ]);
  });

  test('that was added is named', async () => {
    const columns = 'at, action, actor_kind, actor_id, subject_kind, subject_id, digest';
    const copy = (seq: string, number: number) =>
      `insert into audit_event (seq, number, ${columns}) select ${seq}, ${number}, ${columns} from audit_event ${ofLast(1)}`;
    expect(await deviationsAfter(copy('seq', 4))).toEqual([`added event 4 of link ${last} of chain 0`]);
    const [stray] = await deviationsAfter(copy('seq + 16', 1));
    expect(stray).toMatch(/^added event 1 of sequence number \d+ of chain 0$/);
    const [between] = await deviationsAfter(copy(`${seqOf(last - 1)} + 16`, 1));
    expect(between).toMatch(/^added event 1 of sequence number \d+ of chain 0$/);
  });

  test('that changed places is said to have moved, within its link and to another', async () => {
    const moved = [`moved event 1 of link ${last} of chain 0`];
    const swap = (from: number, to: number) => `update audit_event set number = ${to} ${ofLast(from)}`;
    expect(await deviationsAfter(swap(1, 100), swap(3, 1), swap(100, 3))).toEqual(moved);
    const away = `update audit_event set seq = ${seqOf(1, 1)}, number = 77 ${ofLast(2)}`;
    const found = await deviationsAfter(away);
    expect(found).toContain(`moved event 2 of link ${last} of chain 0`);
    expect(found).toHaveLength(2); // and where it went, one too many is there
  });
});

describe('a link', () => {
  test.each([0, 1])('of chain %i that was changed, dropped, added or moved is named', async (chain) => {
    const changed = (set: string) => deviationsAfter(`update audit_link set ${set} where seq = ${seqOf(4, chain)}`);
    const name = `link 4 of chain ${chain}`;
    expect(await changed('hash = sha256(hash)')).toEqual([`changed ${name}`]);
    expect(await changed('number = 5')).toEqual([`missing ${name}`]);
    expect(await deviationsAfter(`delete from audit_link where seq = ${seqOf(4, chain)}`)).toEqual([`missing ${name}`]);
    const copy = `insert into audit_link select (select last_seq + 16 from audit_chain where chain = ${chain}), number, transfers, events, hash from audit_link
                  where seq = ${seqOf(4, chain)}`;
    expect(await deviationsAfter(copy)).toEqual([`added ${name}`]);
    const swap = (from: number, to: number) =>
      `update audit_link set number = ${to} where seq & 15 = ${chain} and number = ${from}`;
    expect(await deviationsAfter(swap(4, 100), swap(5, 4), swap(100, 5))).toEqual([`moved link 5 of chain ${chain}`]);
  });

  test('that is the last one and was dropped leaves a head too far on', async () => {
    const last = await lastNumber(2);
    const dropped = `delete from audit_link where seq = ${seqOf(last, 2)}`;
    expect(await deviationsAfter(dropped)).toEqual([`truncated link ${last} of chain 2`]);
    expect(await deviationsAfter('delete from audit_chain where chain = 2')).toEqual(['missing head of chain 2']);
    for (const set of ['number = number - 1', 'last_seq = last_seq + 16', 'hash = sha256(hash)']) {
      const found = await deviationsAfter(`update audit_chain set ${set} where chain = 2`);
      expect(found).toEqual(['changed head of chain 2']);
    }
    expect(await deviationsAfter(`update audit_chain set hash = sha256('') where chain = 9`)).toEqual([
      'changed head of chain 9',
    ]);
  });
});

describe('a row of the ledger', () => {
  const some = `(select transfer_id from ledger_transfer where seq & 15 = 1 order by seq offset 3 limit 1)`;
  let id: string;
  beforeAll(async () => {
    ({ id } = await trail.owner.one<{ id: string }>({ text: `select ${some}::text as id` }));
  });

  test('that was changed is named, whatever the column', async () => {
    const sets = ['kind = kind % 4 + 1', 'result = result + 1', 'refused_account_id = 5', 'pending_id = transfer_id'];
    for (const set of [...sets, 'expires_at = now()', 'legs[3] = legs[3] + 1', `digest = sha256('')`, `legs = '{}'`]) {
      const found = await deviationsAfter(`update ledger_transfer set ${set} where transfer_id = '${id}'`);
      expect(found).toEqual([`changed transfer ${id}`]);
    }
    const later = await deviationsAfter(`update ledger_transfer set seq = seq + 16 where transfer_id = '${id}'`);
    expect(later).toEqual([expect.stringMatching(/^missing transfers of link \d+ of chain 1$/)]);
  });

  test('that was dropped or added is told with the link that covers it', async () => {
    const dropped = await deviationsAfter(`delete from ledger_transfer where transfer_id = '${id}'`);
    expect(dropped).toEqual([expect.stringMatching(/^missing transfers of link \d+ of chain 1$/)]);
    const copy = (seq: string) => `insert into ledger_transfer (transfer_id, seq, kind, result, legs, digest)
      select c.transfer_id, c.seq, c.kind, c.result, c.legs, sha256(record_send(row(c.transfer_id, c.seq, c.kind, c.result,
             null::bigint, null::uuid, null::timestamptz, c.legs)))
      from (select overlay(transfer_id::text placing '0000' from 33)::uuid as transfer_id, ${seq} as seq, kind, result, legs
            from ledger_transfer where transfer_id = '${id}') c`;
    expect(await deviationsAfter(copy(seqOf(3, 1)))).toEqual([`added transfers of link 3 of chain 1`]);
    const fresh = `${id.slice(0, 32)}0000`;
    expect(await deviationsAfter(copy('(select last_seq + 160 from audit_chain where chain = 1)'))).toEqual([
      `added transfer ${fresh}`,
    ]);
    expect(await deviationsAfter(copy('((seq >> 4) << 4) + 7'))).toEqual([`added transfer ${fresh}`]); // no lane's
  });
});

test('one deviation a chain is told, and what stays proven before it', async () => {
  const report = await afterTampering(trail.owner, async (sql) => {
    for (const [chain, number] of [
      [0, 3],
      [1, 5],
      [2, 2],
      [0, 4],
    ]) {
      await run(sql, `update audit_link set hash = sha256(hash) where seq = ${seqOf(number ?? 0, chain)}`);
    }
  });
  expect(named(report)).toEqual([0, 1, 2].map((chain) => `changed link ${[3, 5, 2][chain]} of chain ${chain}`));
  expect(report.chains.map(({ provenTo }) => provenTo)).toEqual([2, 4, 1]);
});

test('functions and tables of the database that lie are not asked', async () => {
  const schema = 'create schema lies; set local search_path = lies, public, pg_catalog';
  const found = await deviationsAfter(
    schema,
    `create function lies.sha256(bytea) returns bytea language sql immutable as $$ select '\\x00'::bytea $$`,
    `update audit_link set hash = pg_catalog.sha256('') where seq = ${seqOf(1)}`,
  );
  expect(found).toEqual(['changed link 1 of chain 0']);
  const copied = deviationsAfter(schema, 'create table lies.audit_link as select * from public.audit_link');
  await expect(copied).rejects.toThrow('must be there once');
});

describe('after a month went to the archive', () => {
  let archived: Trail;
  let file: string;
  beforeAll(async () => {
    archived = await openTrail();
    const { books, owner } = archived;
    file = path.join(await mkdtemp(path.join(tmpdir(), 'starhash-heads-')), 'heads.jsonl');
    const keys = parseKeyring(`k1:${'a1'.repeat(32)}`);
    const {
      audit,
      books: { db, clock },
    } = archived;
    const publisher = createHeadPublisher({ db, clock, audit, keys, file, log: createLog('silent') });
    await live(archived, 2);
    await publisher.publish();
    books.clock.set(new Date('2026-01-31T23:50:00Z'));
    const transferId = books.ids.uuid(); // its partition is January's
    books.clock.set(new Date('2026-02-01T00:10:00Z'));
    okOf(await books.one({ kind: 'transfer', transferId, legs: [leg(...archived.accounts, 5n)] }));
    await live(archived, 2);
    books.clock.set(new Date('2026-03-05T00:10:00Z'));
    await live(archived);
    for (const { id } of await owner.rows<{ id: string }>({
      text: 'select transfer_id::text as id from ledger_hold',
    })) {
      okOf(await books.release(id));
    }
    const [actor, at] = [`'{"kind": "staff", "id": "tester"}'`, `micros_of('2026-03-05T00:20:00Z')`];
    for (const month of ['2026-01-01', '2026-02-01']) {
      const closed = await owner.one({ text: `select ledger_close_period('${month}', ${actor}, ${at}) as refusal` });
      expect(closed).toEqual({ refusal: null });
    }
    const detach = `select ledger_detach_period('2026-01-01', sha256(''), ${actor}, ${at}) as refusal`;
    expect(await owner.one({ text: detach })).toEqual({ refusal: null });
    await live(archived);
    expect((await publisher.publish()).outcome).toBe('published');
  });
  afterAll(async () => {
    await archived.close();
    await rm(path.dirname(file), { recursive: true });
  });

  test('heads that were published before it are those of the archive', async () => {
    const report = await verifySnapshot(archived.owner, { published: { file, publicKeys: [] } });
    expect(named(report)).toEqual([]);
    expect(report.published?.documents).toBe(2);
  });

  test('it begins where that ended, and takes the rows of its edge as given', async () => {
    const report = await verifySnapshot(archived.owner);
    expect(named(report)).toEqual([]);
    const heads = await archived.owner.rows<{ chain: number; number: number }>({
      text: `select chain, number::integer as number from ledger_period_head where month = '2026-01-01' and number > 0`,
    });
    for (const { chain, number } of heads) {
      const found = report.chains.find((one) => one.chain === chain);
      expect(found?.archivedTo).toBeGreaterThanOrEqual(number);
      expect(found?.archivedTo).toBeLessThanOrEqual(number + 1); // the transfer of the edge
      expect(found?.provenTo).toBe(number + (found?.links ?? 0));
    }
  });

  test('what is after it is proven as ever', async () => {
    const tampered = async (text: string) => named(await afterTampering(archived.owner, (sql) => run(sql, text)));
    const last = 'where seq = (select max(seq) from ledger_transfer where seq & 15 = 1)';
    expect(await tampered(`delete from ledger_transfer ${last}`)).toEqual([
      expect.stringMatching(/^missing transfers of link \d+ of chain 1$/),
    ]);
    expect(await tampered(`update ledger_transfer set result = 1 ${last}`)).toEqual([
      expect.stringMatching(/^changed transfer /),
    ]);
    const [first] = await tampered('delete from audit_link where seq = (select min(seq) from audit_link)');
    expect(first).toMatch(/^missing link \d+ of chain /);
    expect(
      await tampered(`update ledger_period_head set hash = sha256('') where month = '2026-01-01' and chain = 0`),
    ).toEqual([expect.stringMatching(/^changed link \d+ of chain 0$/)]);
  });
});

test('it may run beside traffic', async () => {
  const busy = Array.from(
    { length: 30 },
    () => () => Promise.all([trail.pay(), trail.pay(), trail.record(about('busy'))]),
  );
  const traffic = busy.reduce<Promise<unknown>>((before, turn) => before.then(turn), Promise.resolve());
  for (let time = 0; time < 10; time += 1) expect(named(await verifySnapshot(trail.owner))).toEqual([]);
  await traffic;
  expect((await verify(trail.owner)).clean).toBe(true);
});
