import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { holdFolder } from './lock';

/** What happened, in order, on disk. What is appended in one turn of the loop shares one write and one sync. */
export interface Journal<Entry> {
  append(entry: Entry): void;
  /** Resolves when all that was appended so far survives a crash of the process and of the machine. */
  durable(): Promise<void>;
  close(): Promise<void>;
}

interface Options<Entry> {
  /** Gets every entry on disk, in order, before the journal is open. */
  replay(this: void, entry: Entry): void;
  /** The disk refused: what is in memory is ahead of it, so the process has to end. */
  onFailure(this: void, error: unknown): void;
}

const FILE = 'journal.log';

/**
 * Opens the journal in `dir`, which is made where it is missing. A line is the checksum and the JSON of one batch; a
 * batch that a crash tore off at the end was never acknowledged and is cut away.
 * @throws Error when the journal is damaged anywhere else, or another process works in `dir`.
 */
export async function openJournal<Entry>(dir: string, options: Options<Entry>): Promise<Journal<Entry>> {
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, FILE);
  const release = await holdFolder(dir);
  const handle = await open(file, 'a+', 0o600);
  const whole = await replayFile(file, (batch) => (batch as Entry[]).forEach((entry) => options.replay(entry)));
  await handle.truncate(whole);
  await handle.sync();
  await syncFolder(dir);
  const journal = writer<Entry>(handle, options.onFailure);
  return { ...journal, close: () => journal.close().finally(release) };
}

function writer<Entry>(handle: FileHandle, onFailure: (error: unknown) => void): Journal<Entry> {
  let batch: Entry[] = [];
  let appended = 0;
  let synced = 0;
  let flushing: Promise<void> | undefined;
  let waiting: { upTo: number; resolve: () => void }[] = [];

  const flush = async (): Promise<void> => {
    while (batch.length > 0) {
      const upTo = appended;
      const line = encode(batch);
      batch = [];
      await handle.appendFile(line);
      await handle.datasync();
      synced = upTo;
      waiting.filter((one) => one.upTo <= synced).forEach((one) => one.resolve());
      waiting = waiting.filter((one) => one.upTo > synced);
    }
  };
  const start = (): void => {
    flushing ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(flush)
      .catch(onFailure)
      .finally(() => (flushing = undefined));
  };
  return {
    append: (entry) => {
      batch.push(entry);
      appended += 1;
      start();
    },
    durable: () =>
      synced === appended ? Promise.resolve() : new Promise((resolve) => waiting.push({ upTo: appended, resolve })),
    close: async () => {
      while (flushing !== undefined) await flushing;
      await handle.close();
    },
  };
}

const encode = (batch: unknown): string => {
  const json = JSON.stringify(batch);
  return `${checksum(json)} ${json}\n`;
};

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** @returns how many bytes of the file are whole lines. */
async function replayFile(file: string, replay: (batch: unknown) => void): Promise<number> {
  let whole = 0;
  let rest = Buffer.alloc(0);
  let broken = false;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      if (broken) throw new Error(`the journal ${file} is damaged at byte ${whole}`);
      const line = rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
      if (line.slice(0, 8) !== checksum(line.slice(9))) {
        broken = true;
        continue;
      }
      replay(JSON.parse(line.slice(9)));
      whole += end + 1;
    }
  }
  return whole;
}

/** A new file's name is safe only once its folder is. Not every system can do this. */
async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  await handle.sync().catch(() => undefined);
  await handle.close();
}
