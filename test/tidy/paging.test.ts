import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRenderer, languages, measure, type Language, type Renderer } from '../../src/ussd';
import { people } from './longest';
import { everything, pagesOf, renderer, type Budget } from './shown';
import { filesOf, textsOf } from './texts';

/** B4, B5: what is cut into pages is all there, on every page that fits, in either alphabet. */
const long = everything.filter(({ snapshot, screen }) => snapshot.status !== 'done' && screen?.secret !== true);

test.each([140, 110, 80])('B5: in %i septets no word of a screen is lost, moved or renumbered', (septets) => {
  expect(long.flatMap((shown) => lossOf(renderer, shown, 'en', { septets, ucs2Units: septets }))).toEqual([]);
});

describe('in a script beyond GSM-7', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'starhash-locales-'));
  writeEthiopic(folder);
  const ethiopic = createRenderer(folder);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([80, 70])('B4: in %i letters every page fits, and no word is lost', (ucs2Units) => {
    const budget = { septets: 160, ucs2Units };
    const wide = long.flatMap((shown) =>
      pagesOf(ethiopic, shown, 'sw', budget).flatMap(({ pages }) => pages.filter((text) => text.length > ucs2Units)),
    );
    expect(wide).toEqual([]);
    expect(long.flatMap((shown) => lossOf(ethiopic, shown, 'sw', budget))).toEqual([]);
  });

  test('a name stays in its own letters there, and in Latin ones elsewhere', () => {
    const name = { name: people.amharic.first };
    expect(ethiopic.say('sw', 'main.home', { name })).toContain(people.amharic.first);
    expect(measure(ethiopic.say('en', 'main.home', { name })).alphabet).toBe('gsm7');
  });
});

/** The screens whose pages, put together again, are not what one long page would say. */
function lossOf(by: Renderer, shown: (typeof long)[number], language: Language, budget: Budget): unknown[] {
  const endless = pagesOf(by, shown, language, { septets: 10_000, ucs2Units: 10_000 });
  return pagesOf(by, shown, language, budget).flatMap(({ name, pages }, at) => {
    const lines = pages.map((text) => text.split('\n'));
    const said = lines.flatMap((page) => page.slice(0, -1)).join(' ');
    const meant = endless[at]?.pages[0]?.split('\n').slice(0, -1).join(' ');
    const keys = lines.map((page) => page.at(-1) ?? '');
    const more = keys.filter(
      (line, index) => !line.startsWith('0 ') || line.includes(' 97 ') !== index < pages.length - 1,
    );
    return plain(said) === plain(meant ?? '') && more.length === 0 ? [] : [{ name, pages, meant }];
  });
}

/** Amounts, and the names that the samples make of one letter, may be shorter where there is less room. */
function plain(text: string): string {
  return text
    .replaceAll(/[A-Z]{3} (?=\d)|\.00\b/g, '')
    .replaceAll(/(\p{L})\1{4,}\.?/gu, '$1')
    .trim();
}

/** English, each letter written with one of the Ethiopic script: as long, and beyond GSM-7. */
function writeEthiopic(folder: string): void {
  const first = 0x1200;
  for (const language of languages) mkdirSync(path.join(folder, language));
  for (const file of filesOf('en')) {
    const namespace = path.basename(file, '.json');
    const said = Array.from(textsOf('en')).filter(([key]) => key.startsWith(`${namespace}.`));
    const written = said.map(([key, text]) => [
      key.slice(namespace.length + 1),
      text.replace(/\{\{\w+\}\}|[A-Za-z]/g, (part) =>
        part.startsWith('{') ? part : String.fromCharCode(first + part.charCodeAt(0)),
      ),
    ]);
    const original = said.map(([key, text]) => [key.slice(namespace.length + 1), text]);
    for (const language of languages) {
      const content = Object.fromEntries(language === 'sw' ? written : original) as Record<string, string>;
      writeFileSync(path.join(folder, language, file), JSON.stringify(content));
    }
  }
}
