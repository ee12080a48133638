import fc from 'fast-check';
import { measure } from '../../../src/ussd';
import { paginate, type Paging } from '../../../src/ussd/pager';

const keysOf: Paging['keysOf'] = ({ before, after }) =>
  [before ? '0 Back' : '', '99 Home', after ? '97 More' : ''].filter(Boolean).join('  ');
const within =
  (budget: number): Paging['fits'] =>
  (text) =>
    measure(text).units <= budget;

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', '€', 'é'), minLength: 1, maxLength: 8 });
const sentence = (wordsMax: number) =>
  fc.array(word, { minLength: 1, maxLength: wordsMax }).map((words) => words.join(' '));
const head = fc.array(sentence(20), { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'));
/** Numbered as a menu's may be: in order, with gaps. */
const items = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 4 }), sentence(4)), { maxLength: 20 })
  .map((steps) =>
    steps.map(([, text], at) => `${steps.slice(0, at + 1).reduce((sum, [step]) => sum + step, 0)} ${text}`),
  );
const budgets = fc.integer({ min: 60, max: 184 });
/** Long enough for any one item above with its keys: what is longer may be cut. */
const roomyBudgets = fc.integer({ min: 120, max: 184 });

function body(pages: readonly string[]): string[] {
  return pages.flatMap((page) => page.split('\n').slice(0, -1));
}

test('B4: every page fits', () => {
  fc.assert(
    fc.property(head, items, budgets, (top, list, budget) => {
      const pages = paginate({ head: top, items: list, keysOf, fits: within(budget) });
      expect(pages.filter((page) => !within(budget)(page))).toEqual([]);
    }),
  );
});

test('B5: no item is lost, cut, moved or renumbered', () => {
  fc.assert(
    fc.property(head, items, roomyBudgets, (top, list, budget) => {
      const lines = body(paginate({ head: top, items: list, keysOf, fits: within(budget) }));
      expect(lines.filter((line) => /^\d/.test(line))).toEqual(list);
    }),
  );
});

test('B5: no word is lost or moved, whatever the room', () => {
  fc.assert(
    fc.property(head, items, budgets, (top, list, budget) => {
      const pages = paginate({ head: top, items: list, keysOf, fits: within(budget) });
      const words = (lines: readonly string[]) => lines.join(' ').split(/\s+/).join(' ');
      expect(words(body(pages))).toBe(words([top, ...list]));
    }),
  );
});

test('B5: every page but the last offers more, every page but the first a way back', () => {
  fc.assert(
    fc.property(head, items, budgets, (top, list, budget) => {
      const pages = paginate({ head: top, items: list, keysOf, fits: within(budget) });
      const keys = pages.map((page) => page.split('\n').at(-1));
      const meant = pages.map((_, at) => keysOf({ before: at > 0, after: at < pages.length - 1 }));
      expect(keys).toEqual(meant);
    }),
  );
});

test('what fits on one page stays on one', () => {
  const pages = paginate({ head: 'Settings', items: ['1 Language', '2 Change PIN'], keysOf, fits: within(160) });
  expect(pages).toEqual(['Settings\n1 Language\n2 Change PIN\n99 Home']);
});

test('items stay whole, and the page breaks before the one that has no room', () => {
  const list = ['1 Send money', '2 Pending', '4 Balance', '10 Cash out'];
  const pages = paginate({ head: 'Welcome', items: list, keysOf, fits: within(50) });
  expect(pages).toEqual([
    'Welcome\n1 Send money\n2 Pending\n99 Home  97 More',
    '4 Balance\n10 Cash out\n0 Back  99 Home',
  ]);
});

test('a sentence that no page can hold breaks between words', () => {
  const [first = '', second = ''] = paginate({
    head: 'one two three four five six',
    items: [],
    keysOf,
    fits: within(40),
  });
  expect(first).toBe('one two three\n99 Home  97 More');
  expect(second).toBe('four five six\n0 Back  99 Home');
});

test('B4: a half that is still too long is cut again', () => {
  const head = Array.from({ length: 40 }, (_, at) => `word${at}`).join(' ');
  const pages = paginate({ head, items: [], keysOf, fits: within(60) });
  expect(pages.filter((page) => !within(60)(page))).toEqual([]);
  expect(body(pages).join(' ')).toBe(head);
});

test('a word that no page can hold is cut rather than lost', () => {
  const pages = paginate({ head: 'x'.repeat(100), items: [], keysOf, fits: within(60) });
  expect(body(pages).join('')).toBe('x'.repeat(100));
  expect(pages.filter((page) => !within(60)(page))).toEqual([]);
});
