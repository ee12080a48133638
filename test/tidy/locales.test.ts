import { languages } from '../../src/ussd';
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
    .filter(([key, text]) => text === english.get(key) && text.replace(/\{\{\w+\}\}/g, '').trim() !== '')
    .map(([key]) => key);
  expect(alike.filter((key) => !sameEverywhere.has(key))).toEqual([]);
});

/** What is the same word in two languages, or is read before a language is known. */
const sameEverywhere = new Set([
  'signup.language',
  'kit.english',
  'kit.kiswahili',
  'kit.francais',
  'resume.menu',
  'statement.received',
]);

test.each(perLanguage)(
  '%s greets in every language before one is chosen, and names each in its own words',
  (_, texts) => {
    expect(texts.get('signup.language')).toMatch(/Welcome.*Karibu.*Bienvenue/s);
    expect(texts.get('signup.language')).toMatch(/Choose.*Chagua.*Choisissez/s);
    const names = ['english', 'kiswahili', 'francais'].map((key) => texts.get(`kit.${key}`));
    expect(names).toEqual(['English', 'Kiswahili', 'Français']);
  },
);

test.each(perLanguage)("%s has no word of the protocol and no key of the runner's in a text", (_, texts) => {
  const wrong = Array.from(texts).filter(
    ([, text]) => /^(?:CON|END)\b/i.test(text) || /^\s*(?:0|00|97|98|99)(?=[\s.):-]|$)/m.test(text),
  );
  expect(wrong).toEqual([]);
});

test.each(perLanguage)('%s has no text with stray spaces or half a placeholder', (_, texts) => {
  const wrong = Array.from(texts).filter(
    ([, text]) =>
      text !== text.trim() || / {2}|\s\n|\n\s|[\t\r\u00a0]/.test(text) || /[{}]/.test(text.replace(/\{\{\w+\}\}/g, '')),
  );
  expect(wrong).toEqual([]);
});
