import { readFile, stat } from 'node:fs/promises';

/** What was seen of a file is believed so long: looking at it for every message would cost more than reading the message. */
export const fileBelievedMs = 1_000;

/** A file that is read again a second after it has changed, so that keys and certificates are replaced without a restart (M70). */
export function watchedFile<T>(file: string, parse: (content: string) => T): () => Promise<T> {
  let seen: { readonly stamp: string; readonly value: T; readonly atMs: number } | undefined;
  return async () => {
    const atMs = performance.now();
    if (seen && atMs < seen.atMs + fileBelievedMs) return seen.value;
    const { mtimeMs, size, ino } = await stat(file);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    const value = seen?.stamp === stamp ? seen.value : parse(await readFile(file, 'utf8'));
    seen = { stamp, value, atMs };
    return value;
  };
}
