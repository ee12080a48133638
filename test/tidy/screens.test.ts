import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseMsisdn } from '../../src/platform';
import { loadMarket } from '../../src/rules';
import {
  createReaders,
  createRenderer,
  languages,
  measure,
  type Language,
  type ReaderName,
  type Renderer,
  type SmsKey,
  type TextKey,
  type Values,
} from '../../src/ussd';
import type { Told } from '../../src/ussd/screen';
import { filesIn, read } from './files';
import { longest, people, refusals, valuesOf, type Person } from './longest';
import { baseOf, filesOf, placeholdersOf, textsOf, type Texts } from './texts';
import { isBusy, trees, walk, type Visit } from './trees';

/** B4, B5: every screen and every SMS, in every language, with the longest that it may have to say. */
interface Problem {
  readonly text: TextKey;
  readonly values?: Values;
}
/** A screen with everything that may stand above it. */
interface Shown extends Visit {
  readonly problems: readonly (Problem | undefined)[];
}

/** The least that a network shows: 160 septets, or 80 letters where one of them is beyond GSM-7. */
const leastBudget = { septets: 160, ucs2Units: 80 };
const renderer = createRenderer();
const texts = new Map<Language, Texts>(languages.map((language) => [language, textsOf(language)]));
const clock = { now: () => new Date('2026-01-15T09:00:00Z') };
const readers = createReaders({
  country: 'KE',
  currency: longest.currency,
  amountMaxMinor: loadMarket({ country: 'KE', currency: longest.currency }).amountMaxMinor,
  clock,
});
const allPeople = Object.entries(people);
const perLanguage = languages.map((language) => [language] as const);

describe.each(allPeople)('with the names of %s', (_, person: Person) => {
  const screens = screensWith(person);

  test.each(perLanguage)('B4: every screen in %s fits, or is cut into pages that do', (language) => {
    const wide = screens.flatMap((shown) =>
      pagesOf(renderer, shown, language).flatMap(({ name, pages }) =>
        pages.filter(tooLong).map((text) => [name, text]),
      ),
    );
    expect(wide).toEqual([]);
  });

  test.each(perLanguage)('B5: amount, fee and PIN prompt are on one page in %s, and so are last words', (language) => {
    const cut = screens
      .filter(({ screen, snapshot }) => screen?.secret === true || snapshot.status === 'done')
      .flatMap((shown) => pagesOf(renderer, shown, language).filter(({ pages }) => pages.length > 1));
    expect(cut).toEqual([]);
  });

  test.each(perLanguage)('every SMS in %s is one segment', (language) => {
    const keys = Array.from(textsOf('en').keys()).filter((key): key is SmsKey => key.startsWith('sms.'));
    const sent = keys.map((key) => [key, renderer.sms(language, key, valuesOf(person))] as const);
    expect(sent.filter(([, text]) => tooLong(text))).toEqual([]);
  });
});

test.each(perLanguage)(
  'what ends a call, or goes out by SMS once parked work is done, is one screen in %s',
  (language) => {
    const last: Problem[] = (['parked', 'slow', 'busy', 'fault', 'ended'] as const).map((key) => ({
      text: `kit.${key}`,
    }));
    const said = [...last, ...refusals].map(({ text, values }) => renderer.say(language, text, values));
    expect(said.filter(tooLong)).toEqual([]);
  },
);

test.each(allPeople)('the sample person of %s could open an account', (_, person: Person) => {
  for (const typedName of [person.first, person.last]) {
    expect(readers.personName(typedName)).toEqual({ ok: true, value: typedName.normalize('NFC') });
  }
  expect(parseMsisdn(longest.msisdn, 'KE')).toBe(longest.msisdn);
  expect(readers.nationalId(longest.nationalId).ok).toBe(true);
});

const everything = screensWith(people.short);

test('every text that a tree shows exists, and gets a value for each of its placeholders', () => {
  const wrong = everything.flatMap((shown) =>
    saidBy(shown).flatMap(({ text, values }) => {
      const forms = Array.from(texts.get('en') ?? []).filter(([key]) => baseOf(key) === text);
      const given = Object.keys(values ?? {});
      const unfilled = forms.flatMap(([, form]) => placeholdersOf(form)).filter((field) => !given.includes(field));
      return forms.length === 0 || unfilled.length > 0 ? [[shown.tree, shown.name, text, ...unfilled]] : [];
    }),
  );
  expect(wrong).toEqual([]);
});

test('no screen names what there is not: no empty brackets, no reference without one', () => {
  const first = everything.flatMap((shown) => pagesOf(renderer, shown, 'en').flatMap(({ pages }) => pages));
  expect(first.filter((text) => /\(\)|Ref \.|undefined|null|NaN|\{\{/.test(text))).toEqual([]);
});

test('every text in en is shown somewhere', () => {
  const shown = new Set(everything.flatMap((screen) => saidBy(screen).map(({ text }) => text as string)));
  const unused = Array.from(textsOf('en').keys(), baseOf).filter((key) => !shown.has(key) && !elsewhere(key));
  expect(unused).toEqual([]);
});

describe('paging', () => {
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
});

/** Every state that has a screen, each once a context, with the problems that may stand above it. */
function screensWith(person: Person): Shown[] {
  const shown = new Map<string, { visit: Visit; problems: Map<string, Problem> }>();
  const add = (visit: Visit, found: readonly Problem[]): void => {
    const key = JSON.stringify([visit.tree, visit.name, saidBy(visit)]);
    const { problems } = shown.get(key) ?? { problems: new Map<string, Problem>() };
    for (const problem of found) problems.set(JSON.stringify(problem), problem);
    if (visit.screen) shown.set(key, { visit, problems });
  };
  for (const { from, to, told } of trees.flatMap((tree) => walk(tree, person))) {
    add(to, told.flatMap(problemOf));
    if (to.snapshot.status === 'done') continue;
    add(to, misread(to));
    if (['main', 'signup', 'resume'].includes(to.tree)) add(to, [{ text: 'kit.cutOff' }]);
    if (from?.screen && isBusy(to.node) && !to.node.tags.includes('commits')) add(from, [{ text: 'kit.slow' }]);
  }
  return Array.from(shown.values(), ({ visit, problems }) => ({
    ...visit,
    problems: [undefined, ...problems.values()],
  }));
}

function problemOf(word: Told): Problem[] {
  if (word.type === 'fault') return [{ text: 'kit.fault' }];
  return word.type === 'problem' ? [{ text: word.text, values: word.values ?? {} }] : [];
}

/** What the runner says when it can't read what was typed on this screen. */
function misread({ screen }: Visit): Problem[] {
  if (!screen?.input) return [{ text: 'kit.chooseNumber' }];
  const bad: Readonly<Record<ReaderName, readonly string[]>> = {
    msisdn: ['12'],
    amount: ['abc', '0', '-5', '1.234', `1${'0'.repeat(30)}`],
    pin: ['12'],
    newPin: ['12', '1111'],
    personName: ['0'],
    birthDate: ['31022000'],
    nationalId: ['?'],
  };
  return bad[screen.input].flatMap((answer) => {
    const read = readers[screen.input ?? 'pin'](answer);
    return read.ok ? [] : [read.problem];
  });
}

type Budget = typeof leastBudget;

function pagesOf(by: Renderer, shown: Shown, language: Language, budget: Budget = leastBudget): Paged[] {
  return shown.problems.map((problem) => {
    const page = (at: number) => by.render(viewOf(shown, { problem, language, budget, page: at }));
    const first = page(0);
    return {
      name: `${shown.tree}.${shown.name} ${problem?.text ?? ''}`,
      pages: Array.from({ length: first.pages }, (_, at) => page(at).text),
    };
  });
}
interface Paged {
  readonly name: string;
  readonly pages: readonly string[];
}

type View = Parameters<Renderer['render']>[0];

function viewOf(
  { screen, context, snapshot }: Shown,
  rest: Pick<View, 'problem' | 'language' | 'budget' | 'page'>,
): View {
  if (!screen) throw new Error('only screens are shown');
  const lives = snapshot.status !== 'done';
  return { screen, context, ...rest, keys: { back: lives, home: lives } };
}

function tooLong(text: string): boolean {
  const { alphabet, units } = measure(text);
  return alphabet !== 'gsm7' || units > leastBudget.septets; // every language that we have is written in GSM-7
}

/** The screens whose pages, put together again, are not what one long page would say. */
function lossOf(by: Renderer, shown: Shown, language: Language, budget: Budget): unknown[] {
  const endless = pagesOf(by, shown, language, { septets: 10_000, ucs2Units: 10_000 });
  return pagesOf(by, shown, language, budget).flatMap(({ name, pages }, at) => {
    const lines = pages.map((text) => text.split('\n'));
    const said = lines.flatMap((page) => page.slice(0, -1)).join(' ');
    const meant = endless[at]?.pages[0]?.split('\n').slice(0, -1).join(' ');
    const keys = lines.map((page) => page.at(-1) ?? '');
    const more = keys.filter(
      (line, index) => !line.startsWith('0 ') || line.includes(' 97 ') !== index < pages.length - 1,
    );
    return said.trim() === meant?.trim() && more.length === 0 ? [] : [{ name, pages, meant }];
  });
}

/** Every text that a screen may show. */
function saidBy({ screen, context, problems = [] }: Visit & Partial<Shown>): Problem[] {
  if (!screen) return [];
  const head = { text: typeof screen.text === 'function' ? screen.text(context) : screen.text };
  const values = screen.values?.(context) ?? {};
  const nested = Object.values(values).flatMap((value) =>
    typeof value === 'object' && 'text' in value ? [{ text: value.text }] : [],
  );
  const items = [...(screen.options?.(context) ?? []), ...(screen.lines?.(context) ?? [])];
  return [{ ...head, values }, ...nested, ...items, ...problems.filter((problem) => problem !== undefined)];
}

/** Shown by the runner itself, or sent: named in src by its key. */
function elsewhere(key: string): boolean {
  return ['kit.back', 'kit.home', 'kit.more'].includes(key) || sources.includes(`'${key}'`);
}

const sources = filesIn('src', '.ts').map(read).join('\n');

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
