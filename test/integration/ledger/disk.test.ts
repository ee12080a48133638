import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Transfer } from '../../../src/ledger';
import { sqlState } from '../../../src/platform';
import { serverUrlVariable, withServer } from '../../support/database';
import { leg, okOf, openBooks, type Books } from './books';

const run = promisify(execFile);
const name = `starhash_test_${randomBytes(6).toString('hex')}`;

let books: Books;
let disk: Disk | undefined;
beforeAll(async () => {
  books = await openBooks({ lanes: 1 });
  disk = await mountTinyDisk();
});
afterAll(async () => {
  await books.check();
  await books.close();
  await disk?.unmount();
});

interface Disk {
  fill(): Promise<void>;
  empty(): Promise<void>;
  unmount(): Promise<void>;
}

/** A disk of two megabytes with a tablespace on it: where we are root on the server's own machine. */
async function mountTinyDisk(): Promise<Disk | undefined> {
  const serverUrl = process.env[serverUrlVariable] ?? '';
  if (process.getuid?.() !== 0 || new URL(serverUrl).hostname !== '127.0.0.1') return undefined;
  const { folder: data } = await books.owner.one<{ folder: string }>({
    text: `select current_setting('data_directory') as folder`,
  });
  const place = await mkdtemp(path.join(tmpdir(), 'starhash-test-disk-'));
  try {
    const { uid, gid } = await stat(data);
    await chmod(place, 0o711);
    await run('mount', ['-t', 'tmpfs', '-o', `size=2m,mode=0700,uid=${uid},gid=${gid}`, 'tmpfs', place]);
  } catch {
    await rm(place, { recursive: true, force: true });
    return undefined;
  }
  const filler = path.join(place, 'filler');
  await withServer(serverUrl, (server) => server.run({ text: `create tablespace ${name} location '${place}'` }));
  return {
    fill: () => writeFile(filler, Buffer.alloc(4_000_000)).catch(() => undefined),
    empty: () => rm(filler),
    unmount: async () => {
      await withServer(serverUrl, (server) => server.run({ text: `drop tablespace ${name}` }));
      await run('umount', [place]);
      await rm(place, { recursive: true, force: true });
    },
  };
}

/** Where there is no disk to fill, the error of a full one. */
const pretended: Pick<Disk, 'fill' | 'empty'> = {
  fill: async () => {
    await books.owner.run({
      text: `create function refuse() returns trigger language plpgsql as $$ begin
               raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
             create trigger refuse before insert on ledger_transfer for each row execute function refuse()`,
    });
  },
  empty: () =>
    books.owner.run({ text: 'drop trigger refuse on ledger_transfer; drop function refuse' }).then(() => undefined),
};

test('R100: on a full disk money stops, what was acknowledged is there, and it goes on when there is room', async () => {
  const payer = await books.open({ openingMinor: 1_000_000n });
  const move = (): Transfer => ({
    ...{ kind: 'transfer', transferId: books.ids.uuid() },
    legs: Array.from({ length: 8 }, () => leg(payer, books.chart.trust, 1n)),
  });
  const { fill, empty } = disk ?? pretended;
  if (!disk) console.log('nothing could be mounted: the full disk is pretended');
  if (disk) await books.owner.run({ text: `alter table ledger_transfer_202601 set tablespace ${name}` });
  await fill();
  let done = 0n;
  let refused: Transfer[] = [];
  while (refused.length === 0) {
    const batch = Array.from({ length: 20 }, move);
    const outcomes = await Promise.allSettled(batch.map((transfer) => books.one(transfer)));
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') done += okOf(outcome.value).repeated ? 0n : 1n;
      else expect(sqlState(outcome.reason)).toBe('53100');
    }
    refused = batch.filter((_, n) => outcomes[n]?.status === 'rejected');
    expect(refused.length % 20).toBe(0); // a batch is written as a whole or not at all
    expect(done).toBeLessThan(10_000n);
  }
  expect(await books.posted(payer)).toBe(1_000_000n - 8n * done);
  await books.check();
  await empty();
  for (const outcome of await books.post(...refused)) expect(okOf(outcome).repeated).toBe(false);
  expect(await books.posted(payer)).toBe(1_000_000n - 8n * (done + 20n));
});
