import { createInstance, type i18n } from 'i18next';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { assert } from '../platform';
import { foldLatin, measure, romanise } from './gsm7';
import { paginate } from './pager';
import type { ScreenBudget } from './port';
import type { ReadProblem } from './readers';
import type { Screen } from './screen';
import { languages, type Language, type SmsKey, type TextKey, type Value, type Values } from './texts';

/** The keys that belong to the runner on every screen; an answer that is valid on a screen comes before them. */
export const navigation = { back: '0', home: '99', more: '97' } as const;

export interface View {
  readonly screen: Screen;
  readonly context: unknown;
  readonly problem: ReadProblem | undefined;
  readonly language: Language;
  readonly page: number;
  readonly budget: ScreenBudget;
  /** Which keys lead somewhere from here. */
  readonly keys: { readonly back: boolean; readonly home: boolean };
}

export interface Rendered {
  readonly text: string;
  readonly pages: number;
}

/** Turns screens into what a phone shows, and notifications into what an SMS says. */
export interface Renderer {
  render(view: View): Rendered;
  /** One text in one language, its letters fit for GSM-7 where its language's are. */
  say(language: Language, key: TextKey, values?: Values): string;
  /** An SMS; names are shortened as far as one segment needs. */
  sms(language: Language, key: SmsKey, values: Values): string;
}

/** One segment of an SMS: 160 septets, or 70 UTF-16 units (3GPP TS 23.040). */
const smsSegment: ScreenBudget = { septets: 160, ucs2Units: 70 };

/** A name gets as much room as the screen has: all of it, then `Kani O.`, then cut short. In characters. */
const nameLengths = [undefined, 24, 16, 10] as const;
type NameLength = (typeof nameLengths)[number];
type Say = (key: TextKey, values?: Values) => string;

export const localesFolder = path.join(__dirname, '..', '..', 'locales');

export function createRenderer(folder = localesFolder): Renderer {
  const texts = loadTexts(folder);
  const latin = new Map(languages.map((lng) => [lng, /\p{Script=Latin}/u.test(texts.t('kit:back', { lng }))]));

  const say = (language: Language, key: string, values: Values, nameLength: NameLength): string => {
    const inLatin = latin.get(language) === true;
    const show = (value: Value): string | number => {
      if (typeof value !== 'object') return value;
      if ('text' in value) return say(language, value.text, {}, nameLength);
      return shorten(inLatin ? romanise(value.name) : value.name, nameLength);
    };
    const shown = Object.entries(values).map(([field, value]) => [field, show(value)]);
    const text = texts.t(key.replace('.', ':'), { lng: language, ...Object.fromEntries(shown) }) as string;
    return inLatin ? foldLatin(text) : text;
  };

  return {
    say: (language, key, values = {}) => say(language, key, values, undefined),
    sms: (language, key, values) => {
      const forms = nameLengths.map((nameLength) => say(language, key, values, nameLength));
      return forms.find((form) => fits(form, smsSegment)) ?? forms[forms.length - 1] ?? '';
    },
    render: (view) => {
      for (const nameLength of nameLengths) {
        const text = whole(view, (key, values = {}) => say(view.language, key, values, nameLength));
        if (fits(text, view.budget)) return { text, pages: 1 };
      }
      return cut(view, (key, values = {}) => say(view.language, key, values, nameLengths.at(-1)));
    },
  };
}

function fits(text: string, budget: ScreenBudget): boolean {
  const { alphabet, units } = measure(text);
  return units <= (alphabet === 'gsm7' ? budget.septets : budget.ucs2Units);
}

function whole(view: View, say: Say): string {
  const keys = keysLine({ ...view.keys, more: false }, say);
  return [headOf(view, say), ...itemsOf(view, say), keys].filter(Boolean).join('\n');
}

function cut(view: View, say: Say): Rendered {
  const pages = paginate({
    head: headOf(view, say),
    items: itemsOf(view, say),
    keysOf: ({ before, after }) => keysLine({ ...view.keys, back: view.keys.back || before, more: after }, say),
    fits: (text) => fits(text, view.budget),
  });
  const text = pages[Math.min(view.page, pages.length - 1)];
  assert(text !== undefined, 'a screen has at least one page');
  return { text, pages: pages.length };
}

function headOf({ screen, context, problem }: View, say: Say): string {
  const key = typeof screen.text === 'function' ? screen.text(context) : screen.text;
  const text = say(key, screen.values?.(context));
  return problem ? `${say(problem.text, problem.values)}\n${text}`.trimEnd() : text;
}

function itemsOf({ screen, context }: View, say: Say): string[] {
  const lines = screen.lines?.(context).map(({ text, values }) => say(text, values)) ?? [];
  const options = screen.options?.(context).map(({ no, text, values }) => `${no} ${say(text, values)}`) ?? [];
  return [...lines, ...options];
}

function keysLine(keys: { back: boolean; home: boolean; more: boolean }, say: Say): string {
  const shown = (['back', 'home', 'more'] as const).filter((key) => keys[key]);
  return shown.map((key) => `${navigation[key]} ${say(`kit.${key}`)}`).join('  ');
}

function shorten(name: string, lengthMax: NameLength): string {
  if (lengthMax === undefined || name.length <= lengthMax) return name;
  const [first = '', ...others] = name.split(' ');
  const initialed = [first, ...others.slice(-1).map((last) => `${last.charAt(0)}.`)].join(' ');
  return initialed.length <= lengthMax ? initialed : name.slice(0, lengthMax - 1).trimEnd() + '.';
}

function loadTexts(folder: string): i18n {
  const texts = createInstance();
  const namespaces = readdirSync(path.join(folder, 'en')).map((file) => path.basename(file, '.json'));
  const read = (language: string, namespace: string): Record<string, string> =>
    JSON.parse(readFileSync(path.join(folder, language, `${namespace}.json`), 'utf8')) as Record<string, string>;
  void texts.init({
    lng: 'en',
    fallbackLng: false,
    ns: namespaces,
    keySeparator: false,
    initAsync: false,
    interpolation: { escapeValue: false }, // a phone shows letters, not HTML
    resources: Object.fromEntries(
      languages.map((lng) => [lng, Object.fromEntries(namespaces.map((ns) => [ns, read(lng, ns)]))]),
    ),
  });
  return texts;
}
