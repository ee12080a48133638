import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { localesFolder } from '../../src/ussd';

/** `<file>.<key>` → what it says, plural suffixes and all. */
export type Texts = ReadonlyMap<string, string>;

export function filesOf(language: string): string[] {
  return readdirSync(path.join(localesFolder, language)).sort();
}

export function textsOf(language: string): Texts {
  const known = read.get(language) ?? readTexts(language);
  read.set(language, known);
  return known;
}
const read = new Map<string, Texts>();

function readTexts(language: string): Texts {
  return new Map(
    filesOf(language).flatMap((file) => {
      const texts = JSON.parse(readFileSync(path.join(localesFolder, language, file), 'utf8')) as Record<
        string,
        string
      >;
      return Object.entries(texts).map(([key, text]) => [`${path.basename(file, '.json')}.${key}`, text] as const);
    }),
  );
}

const plural = /_(?:zero|one|two|few|many|other)$/;

/** The key as code names it: without the suffix of its plural form. */
export function baseOf(key: string): string {
  return key.replace(plural, '');
}

export function isPlural(key: string): boolean {
  return plural.test(key);
}

export function placeholdersOf(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(/\{\{(\w+)\}\}/g), ([, field = '']) => field))].sort();
}
