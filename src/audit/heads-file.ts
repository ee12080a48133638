import { createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** Longer than any line. */
const tailBytes = 65_536;
const newline = 0x0a;

/** The end of the file: its last whole line, and what a crash left behind it. */
export interface Tail {
  /** Without its newline; undefined where there is none. */
  readonly line: string | undefined;
  /** Bytes after the last newline. */
  readonly torn: string;
}

/** Reads the end of a file; a file that is not there is empty. */
export async function readTail(file: string): Promise<Tail> {
  const handle = await openIfThere(file);
  if (!handle) return { line: undefined, torn: '' };
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - tailBytes);
    const bytes = Buffer.alloc(size - start);
    await handle.read(bytes, 0, bytes.length, start);
    const end = bytes.lastIndexOf(newline);
    const torn = bytes.subarray(end + 1).toString('utf8');
    if (end < 0) return { line: undefined, torn };
    const whole = bytes.subarray(0, end);
    return { line: whole.subarray(whole.lastIndexOf(newline) + 1).toString('utf8'), torn };
  } finally {
    await handle.close();
  }
}

/** Cuts off what follows the last newline, on the disk when it resolves. */
export async function cutTorn(file: string, torn: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    await handle.truncate(size - Buffer.byteLength(torn));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Adds text at the end, on the disk when it resolves; makes the file and its folder where they are not there. */
export async function append(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await open(file, 'a', 0o644);
  try {
    const { size } = await handle.stat();
    await handle.writeFile(text);
    await handle.sync();
    if (size === 0) await syncFolder(path.dirname(file)); // a new name is lost with its folder's page
  } finally {
    await handle.close();
  }
}

/** The lines, the last one even if it has no newline: then `whole` is false. */
export async function* linesOf(file: string): AsyncGenerator<{ line: string; whole: boolean }> {
  const { torn } = await readTail(file);
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let before: string | undefined;
  for await (const line of lines) {
    if (before !== undefined) yield { line: before, whole: true };
    before = line;
  }
  if (before !== undefined) yield { line: before, whole: torn === '' };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  return open(file, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}
