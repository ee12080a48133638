import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { archiveMonth, exportMonth, verifyArchive } from '../../../src/ledger';
import { createIds, plusMs } from '../../../src/platform';
import { actor, hourMs, leg, okOf, openBooks, wordOf, type Books } from './books';

let books: Books;
let folder: string;
let payer: string;
let payee: string;
/** An id of January. */
let oldId: string;

/** Three months, with ids on both sides of each midnight; January and February are closed. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'starhash-archive-test-'));
  books = await openBooks({ at: new Date('2026-01-20T12:00:00Z') });
  const { clock } = books;
  await books.ledger.prepare(now);
  const profile = await books.limits({ out: { year: { amountMinor: 1_000_000n } } });
  payer = await books.open({ openingMinor: 50_000n, limitProfile: profile });
  payee = await books.open();
  const pay = (transferId = books.ids.uuid()) =>
    books.one({
      kind: 'transfer',
      transferId,
      legs: [leg(payer, payee, 100n, { counted: true }), leg(payer, books.chart.feeIncome, 1n, { code: 'fee' })],
    });
  oldId = books.ids.uuid();
  okOf(await pay(oldId));
  okOf(await books.fulfil(await books.reserve(leg(payer, payee, 70n, { counted: true })), [20n]));
  expect(wordOf(await books.move(leg(payee, payer, 10_000n)))).toMatch(/insufficient_funds/);
  for (const midnight of ['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z']) {
    const before = new Date(Date.parse(midnight) - 60_000);
    clock.set(before);
    const early = books.ids.uuid();
    const late = books.ids.uuid();
    const ahead = createIds({ now: () => plusMs(before, 1_800_000) }).uuid();
    okOf(await pay(early));
    okOf(await pay(ahead));
    const held = await books.reserve(leg(payer, payee, 5n));
    clock.set(new Date(Date.parse(midnight) + 20 * hourMs));
    okOf(await pay(late));
    okOf(await books.release(held));
    await books.db.tx((tx) => books.ledger.setStatus(tx, payee, 'frozen_debit', actor));
    await books.db.tx((tx) => books.ledger.setStatus(tx, payee, 'open', actor));
    clock.set(new Date(Date.parse(midnight) + 240 * hourMs));
    okOf(await pay());
    await books.db.tx((tx) =>
      books.ledger.setBounds(tx, payee, { floorMinor: 0n, ceilingMinor: 90_000n, limitProfile: null }, actor),
    );
  }
  for (const month of ['2026-01', '2026-02']) {
    expect(await books.db.tx((tx) => books.ledger.closePeriod(tx, month, actor))).toMatchObject({ ok: true });
  }
});
afterAll(async () => {
  await books.close();
  await rm(folder, { recursive: true });
});

const now = new Date('2026-05-02T00:00:00Z');
const optionsOf = (month: string, to = folder) => ({ month, to, now, software: 'starhash test' });
const detach = (month: string) => archiveMonth(books.owner, { ...optionsOf(month), actor, keepMonths: 1 });

test('what is not closed, and what is no month, is not exported', async () => {
  expect(await exportMonth(books.owner, optionsOf('2026-03'))).toMatchObject({ ok: false, error: 'period_open' });
  expect(await exportMonth(books.owner, optionsOf('../2026'))).toMatchObject({ ok: false, error: 'month_malformed' });
});

test('an archive holds the rows as copy takes them, and proves itself', async () => {
  const steps: string[] = [];
  const exported = await exportMonth(books.db, { ...optionsOf('2026-01'), onProgress: (step) => steps.push(step) });
  const report = await verifyArchive(path.join(folder, '2026-01'));
  expect(exported).toEqual({ ok: true, value: { ...report, folder: path.join(folder, '2026-01') } });
  expect(report).toMatchObject({ clean: true, month: '2026-01' });
  expect(steps).toContain('writing audit_event');
  expect(await readdir(folder)).toEqual(['2026-01']);

  const manifest = JSON.parse(await readFile(path.join(folder, '2026-01', 'manifest.json'), 'utf8')) as {
    files: { table: string; file: string; rows: string }[];
    period: { root: string };
  };
  const [january] = await books.ledger.periods(books.db);
  expect(manifest.period.root).toBe(january?.root);
  // Back into tables of the same shape: every row is the same.
  await books.owner.tx(async (tx) => {
    for (const { table, file, rows } of manifest.files) {
      const zipped = await readFile(path.join(folder, '2026-01', file));
      const lines = gunzipSync(zipped).toString('utf8').split('\n').slice(0, -1);
      expect(lines).toHaveLength(Number(rows));
      await tx.run({ text: `create temp table back (like ${table})` });
      for (const line of lines) {
        const cells = line.split('\t').map((cell) => (cell === '\\N' ? null : cell.replaceAll('\\\\', '\\')));
        await tx.run({
          text: `insert into back select * from (values (${cells.map((_, at) => `$${at + 1}`).join(', ')})) v`.replace(
            /\$(\d+)/g,
            (_, at: string) => `$${at}::${typesOf[table]?.[Number(at) - 1] ?? 'text'}`,
          ),
          values: cells,
        });
      }
      const bound =
        table === 'ledger_transfer'
          ? `transfer_id < transfer_id_floor('2026-02-01T00:00:00Z')`
          : `seq < seq_of('2026-02-01T00:00:00Z')`;
      const { same } = await tx.one<{ same: boolean }>({
        text: `select not exists (select * from back except select * from ${table})
                  and (select count(*) from back) = (select count(*) from ${table} where ${bound}) as same`,
      });
      expect([table, same]).toEqual([table, true]);
      await tx.run({ text: 'drop table back' });
    }
  });
});
const typesOf: Readonly<Record<string, readonly string[]>> = {
  ledger_transfer: ['uuid', 'bigint', 'smallint', 'smallint', 'bigint', 'uuid', 'timestamptz', 'bigint[]', 'bytea'],
  audit_link: ['bigint', 'bigint', 'integer', 'integer', 'bytea'],
  audit_event: [
    ...['bigint', 'integer', 'timestamptz', 'text', 'text', 'text', 'text', 'text', 'uuid', 'text', 'jsonb', 'jsonb'],
    'bytea',
  ],
};

function endsOf(file: string, lines: readonly string[]): { firstSeq: string; lastSeq: string } {
  const seqOf = (line = '') => line.split('\t')[file === 'ledger_transfer' ? 1 : 0] ?? '';
  return { firstSeq: seqOf(lines[0]), lastSeq: seqOf(lines.at(-1)) };
}

/** Rewrites a file of the archive, with the manifest's sum of it, as a careful forger does it. */
async function forge(file: string, change: (lines: string[]) => string[]): Promise<() => Promise<void>> {
  const place = path.join(folder, '2026-01', `${file}.tsv.gz`);
  const manifestPlace = path.join(folder, '2026-01', 'manifest.json');
  const [bytes, manifest] = [await readFile(place), await readFile(manifestPlace, 'utf8')];
  const lines = change(gunzipSync(bytes).toString('utf8').split('\n').slice(0, -1));
  const forged = gzipSync(lines.map((line) => `${line}\n`).join(''));
  await writeFile(place, forged);
  const parsed = JSON.parse(manifest) as { files: { table: string; sha256: string; bytes: number; rows: string }[] };
  for (const entry of parsed.files) {
    if (entry.table !== file) continue;
    Object.assign(entry, {
      sha256: createHash('sha256').update(forged).digest('hex'),
      bytes: forged.length,
      rows: String(lines.length),
      ...endsOf(file, lines),
    });
  }
  await writeFile(manifestPlace, JSON.stringify(parsed));
  return async () => {
    await writeFile(place, bytes);
    await writeFile(manifestPlace, manifest);
  };
}

test.each<[string, string, (lines: string[]) => string[], RegExp]>([
  ['ledger_transfer', 'a row is gone', (lines) => lines.toSpliced(1, 1), /covers/],
  [
    'ledger_transfer',
    'rows change places',
    (lines) => [lines[1] ?? '', lines[0] ?? '', ...lines.slice(2)],
    /order|covers/,
  ],
  [
    'ledger_transfer',
    'an amount is another',
    (lines) => lines.map((line) => line.replace(',100,257,', ',900,257,')),
    /digest/,
  ],
  ['ledger_transfer', 'a column is missing', (lines) => lines.map((line) => line.replace('\t', ' ')), /columns/],
  ['audit_event', 'somebody else did it', (lines) => lines.map((line) => line.replace('tester', 'nobody')), /digest/],
  ['audit_event', 'an event is gone', (lines) => lines.slice(1), /covers/],
  ['audit_link', 'a link is gone', (lines) => lines.slice(1), /due/],
  ['audit_link', 'the last link is gone', (lines) => lines.slice(0, -1), /ends elsewhere/],
])('an archive in which %s: %s', async (file, _what, change, fault) => {
  const mend = await forge(file, change);
  const report = await verifyArchive(path.join(folder, '2026-01'));
  await mend();
  expect(report).toMatchObject({ clean: false, fault: expect.stringMatching(fault) as string });
  expect(await verifyArchive(path.join(folder, '2026-01'))).toMatchObject({ clean: true });
});

test('a file that is cut, or missing, is a fault; a folder without a manifest is no archive', async () => {
  const place = path.join(folder, '2026-01', 'audit_link.tsv.gz');
  const bytes = await readFile(place);
  await writeFile(place, bytes.subarray(0, bytes.length - 20));
  expect(await verifyArchive(path.join(folder, '2026-01'))).toMatchObject({
    fault: expect.stringMatching('is not the file') as string,
  });
  await rm(place);
  expect(await verifyArchive(path.join(folder, '2026-01'))).toMatchObject({
    fault: expect.stringMatching('ENOENT') as string,
  });
  await writeFile(place, bytes);
  await expect(verifyArchive(folder)).rejects.toThrow('ENOENT');
});

test('books that deviate are not archived', async () => {
  const other = path.join(folder, 'other');
  await books.owner.run({ text: 'alter table ledger_period disable trigger all' });
  await books.owner.run({ text: `update ledger_period set transfers = transfers + 1 where month = '2026-01-01'` });
  expect(await exportMonth(books.owner, optionsOf('2026-01', other))).toMatchObject({
    ok: false,
    error: 'books_deviate',
  });
  await books.owner.run({ text: `update ledger_period set transfers = transfers - 1 where month = '2026-01-01'` });
  await books.owner.run({ text: 'alter table ledger_period enable trigger all' });
});

test('after its rows were taken out, everything goes on', async () => {
  const { ledger, db, owner, clock } = books;
  const moments = ['2026-01-31T23:58:00Z', '2026-02-01T19:59:00Z', '2026-02-10T00:00:00Z', '2026-03-05T00:00:00Z'].map(
    (at) => new Date(at),
  );
  const accounts = [payer, payee, books.chart.trust, books.chart.feeIncome];
  const look = (from: number) =>
    Promise.all(accounts.flatMap((id) => moments.slice(from).map((at) => ledger.balanceAt(db, id, at))));
  const before = await look(2);
  const statement = await ledger.entries(db, payer, { limit: 4 });

  expect(await archiveMonth(owner, { ...optionsOf('2026-01'), actor, keepMonths: 4 })).toMatchObject({
    error: 'month_kept',
  });
  clock.set(now);
  expect(await detach('2026-02')).toMatchObject({ ok: false, error: 'period_open' }); // March
  expect(await detach('2026-01')).toMatchObject({ ok: true, value: { clean: true } });
  expect(await ledger.periods(db)).toMatchObject([{ archived: true }, { archived: false }]);
  expect(await exportMonth(owner, optionsOf('2026-01', path.join(folder, 'again')))).toMatchObject({
    error: 'period_archived',
  });
  const kept = await owner.rows({
    text: `select transfer_id from ledger_transfer_202601 where transfer_id = '${oldId}'`,
  });
  expect(kept).toHaveLength(1);
  await expect(owner.run({ text: 'update ledger_transfer_202601 set seq = seq' })).rejects.toThrow('append-only');
  expect(
    await owner.rows({ text: `select new_value -> 'manifest' from audit_event where action = 'period.archived'` }),
  ).toHaveLength(1);

  expect(await ledger.verify(db)).toMatchObject({ clean: true });
  expect(await look(2)).toEqual(before);
  await expect(ledger.balanceAt(db, payer, new Date('2026-01-25T00:00:00Z'))).rejects.toThrow('archive');
  await expect(ledger.balanceAt(db, books.chart.feeIncome, new Date('2026-01-25T00:00:00Z'))).rejects.toThrow(
    'archive',
  );
  expect(await ledger.balanceAt(db, books.chart.trust, new Date('2026-01-25T00:00:00Z'))).toBe(-50_000n);
  expect(await ledger.entries(db, payer, { limit: 4 })).toEqual(statement);
  expect((await ledger.entries(db, payer, { limit: 100 })).length).toBeGreaterThan(4);
  const again = await books.one({ kind: 'transfer', transferId: oldId, legs: [leg(payer, payee, 1n)] });
  expect(wordOf(again)).toBe('transfer_invalid transferId');
  okOf(await books.move(leg(payer, payee, 3n, { counted: true })));
  expect(await ledger.verify(db)).toMatchObject({ clean: true });
});

test('what deviates after an archived month is still named', async () => {
  const forgery = books.owner.tx(async (tx) => {
    await tx.run({ text: 'set local session_replication_role = replica' });
    await tx.run({ text: `update ledger_account set ceiling_minor = null where account_id = ${payee}` });
    expect(await books.ledger.verify(tx)).toMatchObject({ deviation: { check: 'account_terms' } });
    await tx.run({
      text: `update ledger_account set credits_posted_minor = credits_posted_minor + 1 where account_id = ${payee}`,
    });
    expect(await books.ledger.verify(tx)).toMatchObject({ deviation: { check: 'trial_balance' } });
    throw new Error('roll it back');
  });
  await expect(forgery).rejects.toThrow('roll it back');
});

test('the next month follows, and its archive fits the one before', async () => {
  expect(await detach('2026-02')).toMatchObject({ ok: false, error: 'period_open' });
  expect(await books.db.tx((tx) => books.ledger.closePeriod(tx, '2026-03', actor))).toMatchObject({ ok: true });
  const next = await detach('2026-02');
  expect(next).toMatchObject({ ok: true, value: { clean: true, month: '2026-02' } });
  expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
  const manifestOf = async (month: string) =>
    JSON.parse(await readFile(path.join(folder, month, 'manifest.json'), 'utf8')) as {
      chains: { before: unknown; after: unknown };
    };
  expect((await manifestOf('2026-02')).chains.before).toEqual((await manifestOf('2026-01')).chains.after);
  // Done is done.
  expect(await detach('2026-01')).toMatchObject({ ok: true });
});
