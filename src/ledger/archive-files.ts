import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Cells } from './archive-digest';

/**
 * The files of an archive: what PostgreSQL's `copy` reads and writes (tabs between columns, \N for null, a backslash
 * before what would be mistaken), compressed with gzip.
 */
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escaped: Readonly<Record<string, string>> = { '\\': '\\', t: '\t', n: '\n', r: '\r' };

function lineOf(cells: Cells): string {
  return cells
    .map((cell) => (cell === null ? '\\N' : cell.replace(/[\\\t\n\r]/g, (letter) => escapes[letter] ?? letter)))
    .join('\t');
}

function cellsOf(line: string): (string | null)[] {
  return line
    .split('\t')
    .map((cell) => (cell === '\\N' ? null : cell.replace(/\\(.)/g, (_, letter: string) => escaped[letter] ?? letter)));
}

export interface Written {
  readonly rows: bigint;
  readonly bytes: number;
  /** Of the file as it lies on the disk, in hex. */
  readonly sha256: string;
}

/** Writes rows to a new file, to the disk. A few pages are in memory, however many there are. */
export async function writeRows(file: string, rows: AsyncIterable<Cells>): Promise<Written> {
  let count = 0n;
  async function* lines(): AsyncGenerator<string> {
    let chunk: string[] = [];
    for await (const cells of rows) {
      count += 1n;
      chunk.push(lineOf(cells), '\n');
      if (chunk.length >= 1_000) {
        yield chunk.join('');
        chunk = [];
      }
    }
    yield chunk.join('');
  }
  const summed = summing();
  await pipeline(Readable.from(lines()), createGzip(), summed.through, createWriteStream(file, { flags: 'wx' }));
  const handle = await open(file);
  await handle.sync();
  await handle.close();
  return { rows: count, ...summed.value() };
}

/** Every row of a file; throws where it is not what gzip or this module wrote. */
export async function* readFileRows(file: string): AsyncGenerator<(string | null)[], void> {
  const unzipped = createGunzip().setEncoding('utf8');
  pipeline(createReadStream(file), unzipped).catch(() => undefined); // whoever reads is told
  let begun = '';
  for await (const chunk of unzipped as AsyncIterable<string>) {
    const lines = (begun + chunk).split('\n');
    begun = lines.pop() ?? '';
    for (const line of lines) yield cellsOf(line);
  }
  if (begun !== '') throw new Error(`${file} ends in the middle of a line`);
}

export async function sumOf(file: string): Promise<Omit<Written, 'rows'>> {
  const summed = summing();
  await pipeline(createReadStream(file), summed.through.resume());
  return summed.value();
}

function summing(): { through: Transform; value(): Omit<Written, 'rows'> } {
  const hash = createHash('sha256');
  let bytes = 0;
  const through = new Transform({
    transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { through, value: () => ({ bytes, sha256: hash.digest('hex') }) };
}
