import { readFile, stat } from 'node:fs/promises';

/** A file that is read again whenever it changes, so that keys and certificates are replaced without a restart (M70). */
export function watchedFile<T>(file: string, parse: (content: string) => T): () => Promise<T> {
  let seen: { readonly stamp: string; readonly value: T } | undefined;
  return async () => {
    const { mtimeMs, size, ino } = await stat(file);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    if (seen?.stamp !== stamp) seen = { stamp, value: parse(await readFile(file, 'utf8')) };
    return seen.value;
  };
}
