import { isCurrency } from '../platform';

/**
 * How the same is said in less room: a text at a level. 0 is all of it; from 1 on amounts are shorter, and what the text
 * marks with that number gives way.
 */

/** `[1:words]` may be left out first, `[2:…]` next; `[1:words|fewer]` gives way to fewer words. */
const optional = /\[(\d):([^\]|]*)(?:\|([^\]]*))?\]/g;

/** The deepest level that a text has: 1 where only its amounts can be shorter. */
export function levelsOf(text: string): number {
  return Math.max(1, ...Array.from(text.matchAll(optional), ([, level]) => Number(level)));
}

/** A text at a level, before it gets its values: 0 is all of it. */
export function atLevel(text: string, level: number): string {
  return text.replace(optional, (_, from: string, words: string, fewer: string | undefined) =>
    level >= Number(from) ? (fewer ?? '') : words,
  );
}

/**
 * At level 1 `KES 1,000.00 … KES 10.50` reads `KES 1,000 … 10.50`, from level 2 on `1,000 … 10.50`: no cents where there
 * are none, a currency once, then not at all. Takes whole amounts only, as `formatMoney` writes them.
 */
export function shortenAmounts(text: string, level: number): string {
  if (level === 0) return text;
  const said = new Set<string>();
  return text.replace(money, (all, currency: string, whole: string, cents: string | undefined) => {
    if (!isCurrency(currency)) return all;
    const amount = whole + (cents === undefined || cents === '.00' ? '' : cents);
    if (said.has(currency) || level > 1) return amount;
    said.add(currency);
    return `${currency} ${amount}`;
  });
}
const money = /\b([A-Z]{3}) (-?\d{1,3}(?:,\d{3})*)(\.\d\d)?(?![\d.,]\d)/g;

/** All of a name, or `Kani O.`, or cut short with a dot: at most so many characters. */
export function shortenName(name: string, lengthMax: number | undefined): string {
  if (lengthMax === undefined || name.length <= lengthMax) return name;
  const [first = '', ...others] = name.split(' ');
  const initialed = [first, ...others.slice(-1).map((last) => `${last.charAt(0)}.`)].join(' ');
  return initialed.length <= lengthMax ? initialed : name.slice(0, lengthMax - 1).trimEnd() + '.';
}
