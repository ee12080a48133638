import { createInstance, type i18n, type Resource } from 'i18next';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { assert } from '../platform';
import { isolate, isRightToLeft, leadLines } from './direction';
import { foldLatin, measure, romanise } from './gsm7';
import { paginate } from './pager';
import type { ScreenBudget } from './port';
import type { ReadProblem } from './readers';
import type { Screen } from './screen';
import { atLevel, levelsOf, shortenAmounts, shortenName } from './squeeze';
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
  /** An SMS of a title and lines: all of them where they fit, else as many as one segment has room for, the first first. */
  smsList(language: Language, title: SmsKey, lines: readonly { text: SmsKey; values: Values }[]): string;
}

/** One segment of an SMS: 160 septets, or 70 UTF-16 units (3GPP TS 23.040). */
const smsSegment: ScreenBudget = { septets: 160, ucs2Units: 70 };

/** One way of saying a screen: the most letters of a name, and how few words (./squeeze.ts). */
interface Form {
  readonly nameLength: number | undefined;
  readonly level: number;
}
/** A name has as much room as the screen: all of it, then `Kani O.`, then cut short; below this when all else is said. */
const nameLengths = [undefined, 24, 16] as const;
const nameLengthMin = 10;
const roomiest: Form = { nameLength: undefined, level: 0 };
/** What is cut into pages has room. */
const pagedForm: Form = { nameLength: 24, level: 0 };

/** One language in one form. */
interface Voice {
  readonly say: (key: TextKey, values?: Values) => string;
  /** What a whole screen or message needs besides its words. */
  readonly finish: (text: string) => string;
}

export const localesFolder = path.join(__dirname, '..', '..', 'locales');

export function createRenderer(folder = localesFolder): Renderer {
  const { texts, scripts } = loadTexts(folder);

  const say = (language: Language, key: string, values: Values, form: Form): string => {
    const script = scripts[language];
    const show = (value: Value): string | number => {
      if (typeof value === 'number') return value; // a count chooses the plural
      if (typeof value === 'object' && 'text' in value) return say(language, value.text, {}, form);
      const shown = wordsOf(value, script, form);
      return script.rightToLeft ? isolate(shown) : shown;
    };
    const shown = Object.entries(values).map(([field, value]) => [field, show(value)]);
    const [namespace = '', name = ''] = key.split('.');
    const at = `${levelled(namespace, form.level)}:${name}`;
    const text = texts.t(at, { lng: language, ...Object.fromEntries(shown) }) as string;
    return oneStop(script.latin ? foldLatin(text) : text);
  };

  const voiceOf = (language: Language, form: Form): Voice => ({
    say: (key, values = {}) => say(language, key, values, form),
    finish: (text) => {
      const short = shortenAmounts(text, form.level);
      return scripts[language].rightToLeft ? leadLines(short) : short;
    },
  });

  return {
    say: (language, key, values = {}) => say(language, key, values, roomiest),
    sms: (language, key, values) => {
      const put = (form: Form) => voiceOf(language, form).finish(say(language, key, values, form));
      return firstFitting(scripts[language], put, smsSegment) ?? put(tightest(scripts[language]));
    },
    smsList: (language, title, lines) => {
      const first = (count: number) => (form: Form) => {
        const said = lines.slice(0, count).map(({ text, values }) => say(language, text, values, form));
        return voiceOf(language, form).finish([say(language, title, {}, form), ...said].join('\n'));
      };
      for (let count = lines.length; count > 0; count -= 1) {
        const text = firstFitting(scripts[language], first(count), smsSegment);
        if (text !== undefined) return text;
      }
      return first(0)(tightest(scripts[language]));
    },
    render: (view) => {
      const put = (form: Form) => whole(view, voiceOf(view.language, form));
      const text = firstFitting(scripts[view.language], put, view.budget);
      return text === undefined ? cut(view, voiceOf(view.language, pagedForm)) : { text, pages: 1 };
    },
  };
}

/** Undefined when even the tightest form is too long, which is asked second: a long list is not put in every form. */
function firstFitting(script: Script, put: (form: Form) => string, budget: ScreenBudget): string | undefined {
  const text = put(roomiest);
  if (fits(text, budget)) return text;
  if (!fits(put(tightest(script)), budget)) return undefined;
  return formsOf(script)
    .map(put)
    .find((shorter) => fits(shorter, budget));
}

/** From the longest to the shortest. */
function formsOf({ levels }: Script): Form[] {
  const each = (lengths: readonly Form['nameLength'][]): Form[] =>
    levels.flatMap((level) => lengths.map((nameLength) => ({ nameLength, level })));
  return [...each(nameLengths), ...each([nameLengthMin])];
}

function tightest({ levels }: Script): Form {
  return { nameLength: nameLengthMin, level: levels.length - 1 };
}

function wordsOf(value: Exclude<Value, number | { text: TextKey }>, { latin }: Script, form: Form): string {
  if (typeof value === 'string') return value;
  if ('long' in value) return form.level > 0 ? value.short : value.long;
  return shortenName(latin ? romanise(value.name) : value.name, form.nameLength);
}

/** A shortened name ends in a dot, and may end a sentence. */
function oneStop(text: string): string {
  return text.replaceAll(/(?<=\p{L})\.(?=[.።](?!\.))/gu, '');
}

function fits(text: string, budget: ScreenBudget): boolean {
  const { alphabet, units } = measure(text);
  return units <= (alphabet === 'gsm7' ? budget.septets : budget.ucs2Units);
}

function whole(view: View, voice: Voice): string {
  const keys = keysLine({ ...view.keys, more: false }, voice);
  return voice.finish([headOf(view, voice), ...itemsOf(view, voice), keys].filter(Boolean).join('\n'));
}

function cut(view: View, voice: Voice): Rendered {
  const pages = paginate({
    head: headOf(view, voice),
    items: itemsOf(view, voice),
    keysOf: ({ before, after }) => keysLine({ ...view.keys, back: view.keys.back || before, more: after }, voice),
    fits: (text) => fits(voice.finish(text), view.budget),
  });
  const text = pages[Math.min(view.page, pages.length - 1)];
  assert(text !== undefined, 'a screen has at least one page');
  return { text: voice.finish(text), pages: pages.length };
}

function headOf({ screen, context, problem }: View, { say }: Voice): string {
  const key = typeof screen.text === 'function' ? screen.text(context) : screen.text;
  const text = say(key, screen.values?.(context));
  return problem ? `${say(problem.text, problem.values)}\n${text}`.trimEnd() : text;
}

function itemsOf({ screen, context }: View, { say }: Voice): string[] {
  const lines = screen.lines?.(context).map(({ text, values }) => say(text, values)) ?? [];
  const options = screen.options?.(context).map(({ no, text, values }) => `${no} ${say(text, values)}`) ?? [];
  return [...lines, ...options];
}

function keysLine(keys: { back: boolean; home: boolean; more: boolean }, { say }: Voice): string {
  const shown = (['back', 'home', 'more'] as const).filter((key) => keys[key]);
  return shown.map((key) => `${navigation[key]} ${say(`kit.${key}`)}`).join('  ');
}

/** What a language's letters ask of its texts. */
interface Script {
  /** Written with the letters of GSM-7, or with some that fold into them. */
  readonly latin: boolean;
  readonly rightToLeft: boolean;
  /** 0, 1, …: as short as one of its texts can get. */
  readonly levels: readonly number[];
}

type TextFile = Readonly<Record<string, string>>;

const levelled = (namespace: string, level: number): string => `${namespace}~${level}`;

/** Each file is a namespace a level. */
function loadTexts(folder: string): { texts: i18n; scripts: Readonly<Record<Language, Script>> } {
  const namespaces = readdirSync(path.join(folder, 'en')).map((file) => path.basename(file, '.json'));
  const read = (language: string, namespace: string): TextFile =>
    JSON.parse(readFileSync(path.join(folder, language, `${namespace}.json`), 'utf8')) as TextFile;
  const perLanguage = languages.map((language) => {
    const files = namespaces.map((namespace) => ({ namespace, file: read(language, namespace) }));
    const texts = files.flatMap(({ file }) => Object.values(file));
    const script = scriptOf(read(language, 'kit')['back'] ?? '', texts);
    const resources = script.levels.flatMap((level) =>
      files.map(({ namespace, file }): [string, TextFile] => [levelled(namespace, level), atLevels(file, level)]),
    );
    return { language, script, resources: Object.fromEntries(resources) };
  });
  return {
    texts: createTexts(Object.fromEntries(perLanguage.map(({ language, resources }) => [language, resources]))),
    scripts: Object.fromEntries(perLanguage.map(({ language, script }) => [language, script])) as Record<
      Language,
      Script
    >,
  };
}

function atLevels(file: TextFile, level: number): TextFile {
  return Object.fromEntries(Object.entries(file).map(([key, text]) => [key, atLevel(text, level)]));
}

function createTexts(resources: Resource): i18n {
  const texts = createInstance();
  void texts.init({
    lng: 'en',
    fallbackLng: false,
    keySeparator: false,
    initAsync: false,
    interpolation: { escapeValue: false }, // a phone shows letters, not HTML
    resources,
  });
  return texts;
}

/** A language writes `back` with the letters that it writes everything with. */
function scriptOf(back: string, texts: readonly string[]): Script {
  return {
    latin: /\p{Script=Latin}/u.test(back),
    rightToLeft: isRightToLeft(back),
    levels: Array.from({ length: Math.max(...texts.map(levelsOf)) + 1 }, (_, level) => level),
  };
}
