import { loadMarket } from '../../src/rules';
import {
  createReaders,
  createRenderer,
  measure,
  type Language,
  type ReaderName,
  type Renderer,
  type TextKey,
  type Values,
} from '../../src/ussd';
import type { Told } from '../../src/ussd/screen';
import { longest, people } from './longest';
import { textsOf } from './texts';
import { isBusy, trees, walk, walkAgain, type Edge, type Visit } from './trees';

/** Every screen of every tree with everything that may stand above it, and what a renderer makes of it. */
export interface Shown extends Visit {
  readonly problems: readonly Problem[];
}
export interface Problem {
  readonly text: TextKey;
  readonly values?: Values;
}
export interface Paged {
  readonly name: string;
  readonly pages: readonly string[];
}
export type Budget = View['budget'];
type View = Parameters<Renderer['render']>[0];

/** The least that a network shows: 160 septets, or 80 letters where one of them is beyond GSM-7. */
export const leastBudget: Budget = { septets: 160, ucs2Units: 80 };
export const renderer = createRenderer();
const clock = { now: () => new Date('2026-01-15T09:00:00Z') };
export const readers = createReaders({
  country: 'KE',
  currency: longest.currency,
  amountMaxMinor: loadMarket({ country: 'KE', currency: longest.currency }).amountMaxMinor,
  clock,
});

const { short, ...others } = people;
const firstWalks = trees.map((tree) => ({ tree, edges: walk(tree, short) }));
const problems = problemsIn(firstWalks.flatMap(({ edges }) => edges));

/** The screens of somebody whose name needs no shortening. */
export const everything = screensIn(firstWalks.flatMap(({ edges }) => edges));

/** The screens of everybody; a screen that names nobody is there once. */
export const everybodys = distinct([
  ...everything,
  ...Object.values(others).flatMap((person) =>
    screensIn(firstWalks.flatMap(({ tree, edges }) => walkAgain(tree, person, edges))),
  ),
]);

/** What may be told above a state. It does not depend on names, so that one walk finds it for everybody. */
function problemsIn(edges: readonly Edge[]): ReadonlyMap<string, ReadonlyMap<string, Problem>> {
  const found = new Map<string, Map<string, Problem>>();
  const add = ({ tree, name }: Visit, more: readonly Problem[]): void => {
    const known = found.get(`${tree}.${name}`) ?? new Map<string, Problem>();
    for (const problem of more) known.set(JSON.stringify(problem), problem);
    found.set(`${tree}.${name}`, known);
  };
  for (const { from, to, told } of edges) {
    add(to, told.flatMap(problemOf));
    if (to.snapshot.status === 'done') continue;
    add(to, misread(to));
    if (['main', 'signup', 'resume'].includes(to.tree)) add(to, [{ text: 'kit.cutOff' }]);
    if (from?.screen && isBusy(to.node) && !to.node.tags.includes('commits')) add(from, [{ text: 'kit.slow' }]);
  }
  return found;
}

function problemOf(word: Told): Problem[] {
  if (word.type === 'fault') return [{ text: 'kit.fault' }];
  return word.type === 'problem' ? [{ text: word.text, values: word.values ?? {} }] : [];
}

/** What the runner says when it can't read what was typed on this screen. */
function misread({ screen }: Visit): Problem[] {
  if (!screen?.input) return [{ text: 'kit.chooseNumber' }];
  const bad: Readonly<Record<ReaderName, readonly string[]>> = {
    accountName: ['', 'a'.repeat(21)],
    msisdn: ['12'],
    person: ['12'],
    payee: ['12'],
    shopNumber: ['123'],
    invoiceCode: ['1234567'],
    operatorNo: ['123'],
    note: ['?', '4071'],
    amount: ['abc', '0', '-5', '1.234', `1${'0'.repeat(30)}`],
    pin: ['12'],
    newPin: ['12', '1111'],
    personName: ['0'],
    birthDate: ['31022000'],
    nationalId: ['?'],
    code: ['12'],
    otp: ['12'],
    resetCode: ['12'],
    idDigits: ['?'],
  };
  return bad[screen.input].flatMap((answer) => {
    const read = readers[screen.input ?? 'pin'](answer);
    return read.ok ? [] : [read.problem];
  });
}

/** Every state that has a screen, each once a context. */
function screensIn(edges: readonly Edge[]): Shown[] {
  const visits = edges.map(({ to }) => to).filter(({ screen }) => screen);
  return distinct(
    visits.map((visit) => ({
      ...visit,
      problems: Array.from(problems.get(`${visit.tree}.${visit.name}`)?.values() ?? []),
    })),
  );
}

function distinct(screens: readonly Shown[]): Shown[] {
  const keyOf = (shown: Shown) => JSON.stringify([shown.tree, shown.name, saidBy({ ...shown, problems: [] })]);
  return Array.from(new Map(screens.map((shown) => [keyOf(shown), shown])).values());
}

/** Every text that a screen may show. */
export function saidBy({ screen, context, problems: above }: Shown): Problem[] {
  if (!screen) return [];
  const head = { text: typeof screen.text === 'function' ? screen.text(context) : screen.text };
  const values = screen.values?.(context) ?? {};
  const items = [...(screen.options?.(context) ?? []), ...(screen.lines?.(context) ?? [])];
  const nested = [values, ...items.map((item) => item.values ?? {})]
    .flatMap((some) => Object.values(some))
    .flatMap((value) => (typeof value === 'object' && 'text' in value ? [{ text: value.text }] : []));
  return [{ ...head, values }, ...nested, ...items, ...above];
}

/** True for a screen that must be on one page: it asks for a PIN, or it is the last of its call. */
export function isWhole({ screen, snapshot }: Shown): boolean {
  return screen?.secret === true || snapshot.status === 'done';
}

/** All pages of a screen: as it is, and with what may stand above it. */
export function pagesOf(by: Renderer, shown: Shown, language: Language, budget = leastBudget): Paged[] {
  return [undefined, ...worst(by, shown, language)].map((problem) => {
    const page = (at: number) => by.render(viewOf(shown, { problem, language, budget, page: at }));
    const first = page(0);
    return {
      name: `${shown.tree}.${shown.name} ${problem?.text ?? ''}`,
      pages: [first.text, ...Array.from({ length: first.pages - 1 }, (_, at) => page(at + 1).text)],
    };
  });
}

/**
 * The problems that leave the least room. Of those whose words are always the same only the longest: where it fits, so do
 * the others. Those that can be said shorter are all tried where the screen must be whole; where it may be cut, a page
 * with one of them is like a page with any.
 */
function worst(by: Renderer, shown: Shown, language: Language): Problem[] {
  const sizeOf = ({ text, values }: Problem): number => measure(by.say(language, text, values)).units;
  const fixed = shown.problems.filter(
    ({ text, values }) =>
      Object.keys(values ?? {}).length === 0 && textsOf(language).get(text)?.includes('[') === false,
  );
  const longestOf = (some: readonly Problem[]) =>
    some.toSorted((one, other) => sizeOf(other) - sizeOf(one)).slice(0, 1);
  const shrinking = shown.problems.filter((problem) => !fixed.includes(problem));
  return [...longestOf(fixed), ...(isWhole(shown) ? shrinking : longestOf(shrinking))];
}

function viewOf(
  { screen, context, snapshot }: Shown,
  rest: Pick<View, 'problem' | 'language' | 'budget' | 'page'>,
): View {
  if (!screen) throw new Error('only screens are shown');
  const lives = snapshot.status !== 'done';
  return { screen, context, ...rest, keys: { back: lives, home: lives } };
}
