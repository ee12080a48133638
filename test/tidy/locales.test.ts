import { atLevel, languages, levelsOf } from '../../src/ussd';
import { baseOf, filesOf, isPlural, placeholdersOf, textsOf } from './texts';

const english = textsOf('en');
const perLanguage = languages.map((language) => [language, textsOf(language)] as const);
const translations = perLanguage.filter(([language]) => language !== 'en');

test.each(translations)('%s has the files and the keys of en', (language, texts) => {
  expect(filesOf(language)).toEqual(filesOf('en'));
  const bases = (keys: Iterable<string>) => [...new Set(Array.from(keys, baseOf))].sort();
  expect(bases(texts.keys())).toEqual(bases(english.keys()));
  const singular = (keys: Iterable<string>) => Array.from(keys).filter((key) => !isPlural(key));
  expect(singular(texts.keys())).toEqual(singular(english.keys())); // in the same order: they are read side by side
});

test.each(translations)('%s has the placeholders of en, text by text', (_, texts) => {
  const wrong = Array.from(texts)
    .filter(([key, text]) => {
      const original = english.get(key) ?? english.get(`${baseOf(key)}_other`) ?? '';
      return placeholdersOf(text).join() !== placeholdersOf(original).join();
    })
    .map(([key]) => key);
  expect(wrong).toEqual([]);
});

test.each(perLanguage)('%s has every plural form that a count from 0 to 10 asks for', (language, texts) => {
  const rules = new Intl.PluralRules(language);
  const forms = new Set(Array.from({ length: 11 }, (_, count) => rules.select(count)));
  const plurals = new Set(Array.from(texts.keys()).filter(isPlural).map(baseOf));
  const missing = Array.from(plurals).flatMap((base) =>
    Array.from(forms, (form) => `${base}_${form}`).filter((key) => !texts.has(key)),
  );
  expect(missing).toEqual([]);
});

test.each(translations)('%s says its own words', (_, texts) => {
  const alike = Array.from(texts)
    .filter(([key, text]) => text === english.get(key) && /\p{L}/u.test(text.replace(/\{\{\w+\}\}/g, '')))
    .map(([key]) => key);
  expect(alike.filter((key) => !sameEverywhere.has(key))).toEqual([]);
});

/** What is the same word in two languages, or is read before a language is known. */
const sameEverywhere = new Set([
  'signup.language',
  'kit.english',
  'kit.kiswahili',
  'kit.francais',
  'kit.amharic',
  'resume.menu',
  'balance.named',
  'invoices.item',
  'invoices.codeItem',
]);

test.each(perLanguage)(
  '%s greets in every language before one is chosen, and names each in its own words',
  (language, texts) => {
    expect(texts.get('signup.language')).toMatch(/Welcome.*Karibu.*Bienvenue.*Selam/s);
    expect(texts.get('signup.language')).toMatch(/Choose.*Chagua.*Choisissez.*Quanqua/s);
    const names = ['english', 'kiswahili', 'francais', 'amharic'].map((key) => texts.get(`kit.${key}`));
    // In its own letters only where the screen is written in them: they would halve a screen of any other.
    const own = language === 'am' ? 'አማርኛ' : 'Amarigna';
    expect(names).toEqual(['English', 'Kiswahili', 'Français', own]);
  },
);

test.each(perLanguage)("%s has no word of the protocol and no key of the runner's in a text", (_, texts) => {
  const wrong = Array.from(texts).filter(
    ([, text]) => /^(?:CON|END)\b/i.test(text) || /^\s*(?:0|00|97|98|99)(?=[\s.):-]|$)/m.test(text),
  );
  expect(wrong).toEqual([]);
});

test.each(perLanguage)('%s has no text with stray spaces or half a placeholder, in full or shortened', (_, texts) => {
  const wrong = Array.from(texts).filter(([, text]) =>
    formsOf(text).some(
      (form) =>
        form !== form.trim() ||
        / {2}|\s\n|\n\s|[\t\r\u00a0]/.test(form) ||
        /[{}[\]|]/.test(form.replace(/\{\{\w+\}\}/g, '')),
    ),
  );
  expect(wrong).toEqual([]);
});

test.each(perLanguage)(
  'B5: %s leaves out no value where room is short, but for what it is for, and a date and a number in an SMS',
  (_, texts) => {
    const lost = Array.from(texts).flatMap(([key, text]) => {
      const [full = '', ...shorter] = formsOf(text);
      const needed = placeholdersOf(full).filter(
        (field) => field !== 'note' && !(key.startsWith('sms.') && ['date', 'msisdn'].includes(field)),
      );
      const dropped = shorter.flatMap((form) => needed.filter((field) => !placeholdersOf(form).includes(field)));
      return dropped.length === 0 ? [] : [[key, ...dropped]];
    });
    expect(lost).toEqual([]);
  },
);

test.each(perLanguage)('%s gets shorter with each level', (_, texts) => {
  const wrong = Array.from(texts).filter(([, text]) => {
    const lengths = formsOf(text).map(({ length }) => length);
    return lengths.some((length, level) => length > (lengths[level - 1] ?? length));
  });
  expect(wrong).toEqual([]);
});

/** A text in full and at each level. */
function formsOf(text: string): string[] {
  return Array.from({ length: levelsOf(text) + 1 }, (_, level) => atLevel(text, level));
}
