import { parseMsisdn } from '../../src/platform';
import { languages, measure, type Language, type SmsKey, type TextKey } from '../../src/ussd';
import { filesIn, read } from './files';
import { longest, people, refusals, valuesOf, type Person } from './longest';
import { everybodys, everything, isWhole, leastBudget, pagesOf, readers, renderer, saidBy } from './shown';
import { baseOf, placeholdersOf, textsOf, type Texts } from './texts';

/** B4, B5: every screen and every SMS, in every language, with the longest that it may have to say. */
const texts = new Map<Language, Texts>(languages.map((language) => [language, textsOf(language)]));
const allPeople = Object.entries(people);
const perLanguage = languages.map((language) => [language] as const);
/** One segment of an SMS. */
const segment = { septets: 160, ucs2Units: 70 };

describe.each(perLanguage)('in %s', (language) => {
  /** A language of Latin letters never needs UCS-2; another never has more room than it. */
  const tooLong = (text: string, budget = leastBudget): boolean => {
    const { alphabet, units } = measure(text);
    if (alphabet === 'gsm7') return units > budget.septets;
    return language !== 'am' || units > budget.ucs2Units;
  };

  test('B4: every screen fits, or is cut into pages that do', () => {
    const wide = everybodys.flatMap((shown) =>
      pagesOf(renderer, shown, language).flatMap(({ name, pages }) =>
        pages.filter((text) => tooLong(text)).map((text) => [name, text]),
      ),
    );
    expect(wide).toEqual([]);
  });

  test('B5: name, amount, fee and PIN prompt are on one page, and so are last words', () => {
    const cut = everybodys
      .filter(isWhole)
      .flatMap((shown) => pagesOf(renderer, shown, language).filter(({ pages }) => pages.length > 1));
    expect(cut).toEqual([]);
  });

  test.each(allPeople)('every SMS with the names of %s is one segment', (_, person: Person) => {
    const keys = Array.from(textsOf('en').keys()).filter((key): key is SmsKey => key.startsWith('sms.'));
    const sent = keys.map((key) => [key, renderer.sms(language, key, valuesOf(person))] as const);
    expect(sent.filter(([, text]) => tooLong(text, segment))).toEqual([]);
  });

  test('what ends a call, or goes out by SMS once parked work is done, is one screen', () => {
    const last = (['parked', 'slow', 'busy', 'fault', 'ended'] as const).map((key) => ({
      text: `kit.${key}` as TextKey,
      values: {},
    }));
    const said = [...last, ...refusals].map(({ text, values }) => renderer.say(language, text, values));
    expect(said.filter((text) => tooLong(text))).toEqual([]);
  });
});

test.each(allPeople)('the sample person of %s could open an account', (_, person: Person) => {
  for (const typedName of [person.first, person.last]) {
    expect(readers.personName(typedName)).toEqual({ ok: true, value: typedName.normalize('NFC') });
  }
  expect(parseMsisdn(longest.msisdn, 'KE')).toBe(longest.msisdn);
  expect(readers.nationalId(longest.nationalId).ok).toBe(true);
});

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

/** Shown by the runner itself, or sent: named in src by its key. */
function elsewhere(key: string): boolean {
  return ['kit.back', 'kit.home', 'kit.more'].includes(key) || sources.includes(`'${key}'`);
}

const sources = filesIn('src', '.ts').map(read).join('\n');
