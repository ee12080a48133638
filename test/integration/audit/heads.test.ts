import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHeadPublisher, publicKeysOf, verify, verifySnapshot, type AuditReport } from '../../../src/audit';
import { createLog, parseKeyring, type Msisdn, type Sql } from '../../../src/platform';
import { measure } from '../../../src/ussd';
import { about, afterTampering, live, named, openTrail, type Trail } from './trail';

let trail: Trail;
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'starhash-heads-'));
  file = path.join(folder, 'kept', 'heads.jsonl');
  trail = await openTrail();
  await live(trail);
});
afterEach(async () => {
  await trail.close();
  await rm(folder, { recursive: true });
});

const keys = parseKeyring(`k1:${'a1'.repeat(32)}`);
const [publicKey = ''] = publicKeysOf(keys).map((key) => key.publicKey);
type Deps = Parameters<typeof createHeadPublisher>[0];

function publisherOf(deps: Partial<Deps> = {}) {
  const { books, audit } = trail;
  const common = { db: books.db, clock: books.clock, log: createLog('silent'), audit, keys, file };
  return createHeadPublisher({ ...common, ...deps });
}

/** Lets something happen and publishes it. */
async function publishNews(publisher: ReturnType<typeof publisherOf>): Promise<void> {
  await trail.pay();
  expect((await publisher.publish()).outcome).toBe('published');
  trail.books.clock.advance(60_000);
}

const lines = async () => (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
const check = (publicKeys: string[] = [publicKey]) => verifySnapshot(trail.owner, { published: { file, publicKeys } });
const found = (report: AuditReport) => report.deviations.map(({ kind, name, detail }) => `${kind} ${name}: ${detail}`);

test('each document is signed, names the one before it, and goes on after a restart', async () => {
  await publishNews(publisherOf());
  await publishNews(publisherOf());
  await publishNews(publisherOf());
  const report = await check();
  expect(found(report)).toEqual([]);
  expect(report.published).toMatchObject({ documents: 3, firstNumber: 1, lastNumber: 3, trusted: true, torn: false });
  const moved = report.chains.filter(({ chain }) => chain > 0);
  expect(moved.some(({ published, provenTo }) => published?.number === provenTo)).toBe(true);
  const [first = ''] = await lines();
  const { document } = JSON.parse(first) as { document: { heads: { chain: number }[]; database: string } };
  expect(document.heads.map(({ chain }) => chain)).toEqual(report.chains.map(({ chain }) => chain));
  expect(document.database).toBe(report.published?.database);
  expect(first.length).toBeLessThan(1500);
});

test('while nothing happens a document an hour is enough to prove the time', async () => {
  const publisher = publisherOf();
  const outcomes: string[] = [];
  for (let minute = 0; minute <= 121; minute += 1) {
    outcomes.push((await publisher.publish()).outcome);
    trail.books.clock.advance(60_000);
  }
  expect(outcomes.filter((outcome) => outcome === 'published')).toHaveLength(3);
  expect(outcomes[60]).toBe('published');
  await trail.record(about('c1'));
  expect((await publisher.publish()).outcome).toBe('published');
  expect(found(await check())).toEqual([]);
});

test('a key that signed before vouches for the new one, and a stranger is not believed', async () => {
  await publishNews(publisherOf());
  const rotated = parseKeyring(`k2:${'b2'.repeat(32)},k1:${'a1'.repeat(32)}`);
  await publishNews(publisherOf({ keys: rotated }));
  await publishNews(publisherOf({ keys: parseKeyring(`k2:${'b2'.repeat(32)}`) }));
  expect(found(await check())).toEqual([]);
  expect(found(await check([publicKeysOf(rotated)[0]?.publicKey ?? '']))).toEqual([
    'signature document 1: no trusted key signed it',
  ]);
  await publishNews(publisherOf({ keys: parseKeyring(`k2:${'c3'.repeat(32)}`) }));
  const report = await check();
  expect(found(report)).toEqual(['signature document 4: no trusted key signed it']);
  expect(report.published?.documents).toBe(3); // and what came before stays proven
  expect((await check([])).published).toMatchObject({ trusted: false, documents: 3 });
});

test('a line that was changed, dropped or moved is named', async () => {
  const publisher = publisherOf();
  for (let turn = 0; turn < 4; turn += 1) await publishNews(publisher);
  const whole = await lines();
  const after = async (edit: (lines: string[]) => string[]) => {
    await writeFile(file, `${edit([...whole]).join('\n')}\n`);
    return found(await check());
  };
  expect(await after((l) => l.with(1, (l[1] ?? '').replace(/"number":\d+/, '"number":999')))).toEqual([
    'signature document 2: no trusted key signed it',
  ]);
  expect(await after((l) => l.toSpliced(1, 1))).toEqual(['document document 2: it is number 3 and comes after 1']);
  expect(await after((l) => [l[0] ?? '', l[2] ?? '', l[1] ?? '', l[3] ?? ''])).toEqual([
    'document document 2: it is number 3 and comes after 1',
  ]);
  expect(await after((l) => l.with(2, 'rubbish'))).toEqual(['document document 3: line 3 is no document of heads']);
  const forged = parseKeyring(`k1:${'dd'.repeat(32)}`);
  await rm(file);
  await publishNews(publisherOf({ keys: forged }));
  expect(await after(() => whole.with(3, whole[3] ?? ''))).toEqual([]);
});

test('a torn last line is cut off, and one that lacks nothing but its end is kept', async () => {
  const publisher = publisherOf();
  await publishNews(publisher);
  await publishNews(publisher);
  await appendFile(file, '{"document":{"format":"starhash-he');
  expect((await check()).published).toMatchObject({ documents: 2, torn: true });
  expect((await check()).clean).toBe(true);
  await publishNews(publisher);
  expect((await check()).published).toMatchObject({ documents: 3, torn: false });
  await truncate(file, (await readFile(file)).length - 1);
  await publishNews(publisher);
  expect((await check()).published).toMatchObject({ documents: 4, lastNumber: 4, torn: false });
  expect(await lines()).toHaveLength(4);
});

test('an end that was cut off is found, back to the last published head', async () => {
  await publishNews(publisherOf());
  await live(trail, 2);
  await publishNews(publisherOf());
  const published = await check();
  const chain = published.chains.find((one) => one.chain === 1);
  // The last two links, with all that they cover, and a head that fits what is left.
  const cut = async (sql: Sql) => {
    const { seq } = await sql.one<{ seq: bigint }>({
      text: 'select seq from audit_link where seq & 15 = 1 order by seq desc offset 2 limit 1',
    });
    for (const table of ['audit_event', 'ledger_transfer', 'audit_link']) {
      await sql.run({ text: `delete from ${table} where seq & 15 = 1 and seq > $1`, values: [seq] });
    }
    await sql.run({
      text: `update audit_chain c set (number, last_seq, hash) = (select number, seq, hash from audit_link where seq = $1)
             where chain = 1`,
      values: [seq],
    });
  };
  expect((await afterTampering(trail.owner, cut)).clean).toBe(true);
  const report = await afterTampering(trail.owner, cut, { published: { file, publicKeys: [publicKey] } });
  const [number = 0, provenTo = 0] = [chain?.published?.number, chain?.provenTo];
  expect(named(report)).toEqual([`truncated link ${Math.min(provenTo - 1, number)} of chain 1`]);
});

test('a chain that its owner rebuilt whole differs from what was published', async () => {
  await publishNews(publisherOf());
  const rebuild = (sql: Sql) =>
    sql.run({
      text: `do $$
        declare v record; v_hash bytea := sha256('starhash chain 0'); v_digests bytea;
        begin
          update audit_event set actor_id = 'nobody', digest = sha256(int8send(seq) || int4send(number) ||
            convert_to(jsonb_build_array(micros_of(at), action, actor_kind, 'nobody', subject_kind, subject_id,
              transfer_id, trace_id, old_value, new_value)::text, 'UTF8')) where seq & 15 = 0 and actor_id = 'tester';
          for v in select * from audit_link where seq & 15 = 0 order by seq loop
            select string_agg(digest, ''::bytea order by number) into v_digests from audit_event where seq = v.seq;
            v_hash := sha256(v_hash || int8send(v.seq) || int8send(v.number) || int4send(v.transfers)
              || int4send(v.events) || sha256('') || sha256(coalesce(v_digests, '')));
            update audit_link set hash = v_hash where seq = v.seq;
          end loop;
          update audit_chain set hash = v_hash where chain = 0;
        end $$`,
    });
  expect((await afterTampering(trail.owner, rebuild)).clean).toBe(true);
  const report = await afterTampering(trail.owner, rebuild, { published: { file, publicKeys: [publicKey] } });
  expect(named(report)).toEqual([expect.stringMatching(/^changed link \d+ of chain 0$/)]);
});

test('whoever publishes notices by itself that what was published is gone', async () => {
  const publisher = publisherOf();
  await publishNews(publisher);
  const undone = new Error('undo');
  const outcome = await trail.owner
    .tx(async (tx) => {
      await tx.run({ text: 'set local session_replication_role = replica' });
      await tx.run({ text: 'update audit_chain set number = 1 where chain = 1' });
      const db = { ...trail.owner, tx: <T>(work: (inner: typeof tx) => Promise<T>) => work(tx) };
      expect((await publisherOf({ db }).publish()).outcome).toBe('failed');
      throw undone;
    })
    .catch((error: unknown) => error);
  expect(outcome).toBe(undone);
  expect((await publisher.publish()).outcome).toBe('quiet');
});

test('a failure is an alarm every time, and money stops only when it has lasted as long as configured', async () => {
  const alarms: unknown[] = [];
  const log = {
    ...createLog('silent'),
    error: (...words: unknown[]) => void alarms.push(words[1]),
  } as unknown as Deps['log'];
  const unwritable = path.join(file, 'a-file-is-no-folder');
  await publishNews(publisherOf());
  const [patient, strict] = [
    publisherOf({ log, file: unwritable }),
    publisherOf({ log, file: unwritable, maxAgeMs: 300_000 }),
  ];
  for (let minute = 0; minute < 5; minute += 1) {
    expect((await strict.publish()).outcome).toBe('failed');
    expect(strict.moneyAllowed()).toBe(true);
    trail.books.clock.advance(60_001);
  }
  expect(alarms).toHaveLength(5);
  expect(strict.moneyAllowed()).toBe(false);
  await patient.publish();
  expect(patient.moneyAllowed()).toBe(true);
  expect(alarms.at(-1)).toMatch(/^ALARM/);
  const mended = publisherOf({ maxAgeMs: 300_000 });
  await mended.publish();
  expect(mended.moneyAllowed()).toBe(true);
});

describe('by SMS', () => {
  const to = ['+254700000001', '+254700000002'] as Msisdn[];
  test('the short form fits one message, and holds the log to what it said', async () => {
    const sent: string[] = [];
    const sms = { to, send: (_: Msisdn, body: string) => Promise.resolve(void sent.push(body)) };
    const publisher = publisherOf({ file: undefined, sms });
    await publishNews(publisher);
    await publishNews(publisherOf({ file: undefined, sms })); // a restart without a file goes on by the log
    expect(sent).toHaveLength(4);
    for (const body of sent) {
      expect(measure(body).alphabet).toBe('gsm7');
      expect(measure(body).units).toBeLessThanOrEqual(160);
    }
    const messages = [sent[0] ?? '', sent[2] ?? ''];
    const held = (sql: Sql, texts = messages, publicKeys = [publicKey]) =>
      verify(sql, { messages: { texts, publicKeys } });
    expect(found(await held(trail.owner))).toEqual([]);
    const changed = messages.map((text) => text.replace(/^H\d+/, 'H9'));
    expect(found(await held(trail.owner, changed))).toEqual([
      'signature message 1: no trusted key signed it',
      'signature message 2: no trusted key signed it',
    ]);
    const forget = (sql: Sql) => sql.run({ text: `delete from audit_event where action = 'heads.published'` });
    const report = await afterTampering(trail.owner, forget, {
      messages: { texts: messages, publicKeys: [publicKey] },
    });
    expect(named(report)).toEqual(expect.arrayContaining(['missing document 1', 'missing document 2']));
  });

  test('a message that was not taken is sent again with the next turn', async () => {
    let up = false;
    const sent: string[] = [];
    const send = (_: Msisdn, body: string) =>
      up ? Promise.resolve(void sent.push(body)) : Promise.reject(new Error('down'));
    const publisher = publisherOf({ sms: { to, send }, maxAgeMs: 1_000 });
    expect((await publisher.publish()).outcome).toBe('failed');
    trail.books.clock.advance(2_000);
    expect(publisher.moneyAllowed()).toBe(false);
    up = true;
    expect((await publisher.publish()).outcome).toBe('quiet');
    expect(sent).toHaveLength(2);
    expect(publisher.moneyAllowed()).toBe(true);
  });
});
