import { languages } from '../../src/ussd';
import { people } from './longest';
import { everybodys, pagesOf, renderer } from './shown';
import { trees, walk } from './trees';

/** What stays where it is: the number of an option whoever calls, and the words that ask for a PIN whatever stands above. */
const visits = trees.flatMap((tree) => walk(tree, people.latin).map(({ to }) => to));

interface Offered {
  readonly no: number;
  readonly pick: string;
  readonly text: string;
}

function byScreen(): Map<string, readonly (readonly Offered[])[]> {
  const screens = new Map<string, (readonly Offered[])[]>();
  for (const { tree, name, screen, context } of visits) {
    const offered = screen?.options?.(context);
    if (offered) screens.set(`${tree}.${name}`, [...(screens.get(`${tree}.${name}`) ?? []), offered]);
  }
  return screens;
}

/** Texts that stand behind more than one number of one screen: the items of a list, which come and go. */
function itemsOf(screen: readonly (readonly Offered[])[]): Set<string> {
  return new Set(
    screen.flatMap((offered) =>
      offered.map(({ text }) => text).filter((text, index, all) => all.indexOf(text) !== index),
    ),
  );
}

const screens = Array.from(byScreen());

test('there are menus to look at', () => {
  expect(screens.length).toBeGreaterThan(8);
});

test.each(screens)(
  'R129, Q9: %s gives a number one meaning, whatever the role, the account and the state of things',
  (_, screen) => {
    const items = itemsOf(screen);
    const meanings = new Map<number, Set<string>>();
    const numbers = new Map<string, Set<number>>();
    for (const { no, pick, text } of screen.flat()) {
      const isItem = items.has(text);
      meanings.set(no, (meanings.get(no) ?? new Set()).add(isItem ? 'an item' : pick));
      if (!isItem) numbers.set(pick, (numbers.get(pick) ?? new Set()).add(no));
    }
    const several = (found: ReadonlyMap<unknown, ReadonlySet<unknown>>) =>
      Array.from(found).flatMap(([one, others]) => (others.size > 1 ? [[one, ...others]] : []));
    expect({ meanings: several(meanings), numbers: several(numbers) }).toEqual({ meanings: [], numbers: [] });
  },
);

test.each(languages)('B5: in %s every screen that reads a PIN asks for it, whatever else it has to say', (language) => {
  const silent = everybodys
    .filter(({ screen }) => screen?.input === 'pin' || screen?.input === 'newPin')
    .flatMap((shown) => pagesOf(renderer, shown, language))
    .filter(({ pages }) => !pages.every(asksForPin));
  expect(silent).toEqual([]);
});

/** Its last line above the keys of navigation is the prompt: a refusal above it names the PIN as well. */
function asksForPin(text: string): boolean {
  const [prompt = ''] = text
    .split('\n')
    .filter((line) => !/^\d/.test(line))
    .slice(-1);
  return prompt.includes('PIN');
}
