import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** One form in which a word may lie in a file. */
interface Needle {
  readonly form: string;
  readonly bytes: Buffer;
}

/** Where a word was found, with what stands around it: enough to tell a leak from six digits of something else. */
export interface Hit {
  readonly where: string;
  readonly word: string;
  readonly form: string;
  readonly offset: number;
  readonly context: string;
}

/**
 * A word as it is, in UTF-16, in hex, in base64 at each of the three alignments, and as a bare digest: a hash without
 * salt and pepper is as good as the PIN itself.
 */
export function needlesOf(word: string): Needle[] {
  const ascii = Buffer.from(word, 'latin1');
  const digests = ['md5', 'sha1', 'sha256'].flatMap((algorithm) => {
    const digest = createHash(algorithm).update(word).digest();
    const forms = { [algorithm]: digest, [`${algorithm} hex`]: Buffer.from(digest.toString('hex')) };
    return Object.entries({ ...forms, [`${algorithm} base64`]: Buffer.from(digest.toString('base64').slice(0, 21)) });
  });
  const forms = Object.entries({
    plain: ascii,
    'utf-16le': Buffer.from(word, 'utf16le'),
    'utf-16be': Buffer.from(word, 'utf16le').swap16(),
    hex: Buffer.from(ascii.toString('hex')),
    'base64 +0': base64At(ascii, 0),
    'base64 +1': base64At(ascii, 1),
    'base64 +2': base64At(ascii, 2),
  });
  return [...forms, ...digests].map(([form, bytes]) => ({ form, bytes }));
}

/** The letters that are the same whatever stands before and after the word. */
function base64At(ascii: Buffer, before: number): Buffer {
  const encoded = Buffer.concat([Buffer.alloc(before), ascii, Buffer.alloc(3)]).toString('base64');
  return Buffer.from(encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + ascii.length) * 8) / 6)));
}

/** Every place where one of the words lies in `haystack`, in any form. */
export function search(where: string, haystack: Buffer, words: readonly string[]): Hit[] {
  return words.flatMap((word) =>
    needlesOf(word).flatMap(({ form, bytes }) => {
      const hits: Hit[] = [];
      for (let offset = haystack.indexOf(bytes); offset !== -1; offset = haystack.indexOf(bytes, offset + 1)) {
        hits.push({ where, word, form, offset, context: contextOf(haystack, offset, bytes.length) });
        if (hits.length === 5) break;
      }
      return hits;
    }),
  );
}

function contextOf(haystack: Buffer, offset: number, length: number): string {
  const around = haystack.subarray(Math.max(0, offset - 60), offset + length + 60);
  return around.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
}

/** The same in every file below a folder. */
export async function searchFolder(folder: string, words: readonly string[]): Promise<{ files: number; hits: Hit[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const hits: Hit[] = [];
  for (const file of files) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0)); // a temporary file that has just gone
    hits.push(...search(path.relative(folder, file), bytes, words));
  }
  return { files: files.length, hits };
}
