import { parseUserNumber } from '../platform';
import { languages, type Renderer } from '../ussd';

/** What a message asks for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'balance' | 'mini'; readonly userNumber: string | undefined }
  | { readonly kind: 'last'; readonly userNumber: string | undefined; readonly reference: string | undefined }
  | { readonly kind: 'stop'; readonly reference: string | undefined }
  | { readonly kind: 'code'; readonly code: string }
  /** Four to six digits where no code belongs. */
  | { readonly kind: 'pin' }
  | { readonly kind: 'other' };

type Word = 'help' | 'balance' | 'mini' | 'last' | 'stop';
const texts = {
  help: 'commands.help',
  balance: 'commands.balance',
  mini: 'commands.mini',
  last: 'commands.last',
  stop: 'commands.stop',
} as const satisfies Record<Word, string>;

/** More than two messages' worth of words is no command. */
const lengthMax = 200;

/**
 * Reads messages: the first word in any language, in any case, with or without its marks; then a user number or a
 * reference. A code may have a space in it.
 */
export function createCommandReader(renderer: Renderer): (text: string) => Command {
  const words = new Map<string, Word>();
  for (const language of languages) {
    for (const word of Object.keys(texts) as Word[]) {
      for (const form of tokensOf(renderer.say(language, texts[word]))) words.set(form, word);
    }
  }
  return (text) => {
    const typed = text.slice(0, lengthMax).trim();
    if (/^\d[\d -]*$/.test(typed)) {
      const digits = typed.replace(/\D/g, '');
      if (digits.length === 6) return { kind: 'code', code: digits };
      return { kind: digits.length === 4 || digits.length === 5 ? 'pin' : 'other' };
    }
    const [first = '', ...rest] = tokensOf(typed);
    const argument = rest.join('');
    const isNumbered = /^[A-Z0-9]{8}$/.test(argument); // a reference or a user number, perhaps typed in halves
    if (!isNumbered && [first, ...rest].some((token) => /^\d{4,6}$/.test(token))) return { kind: 'pin' };
    return commandOf(words.get(first), argument);
  };
}

function commandOf(word: Word | undefined, argument: string): Command {
  const userNumber = parseUserNumber(argument);
  const reference = /^[A-Z0-9]{8}$/.test(argument) ? argument : undefined;
  switch (word) {
    case undefined:
      return { kind: 'other' };
    case 'help':
      return { kind: word };
    case 'balance':
    case 'mini':
      return { kind: word, userNumber };
    case 'last':
      return { kind: word, userNumber, reference: userNumber === undefined ? reference : undefined };
    case 'stop':
      return { kind: word, reference };
  }
}

/** `Relevé k7qf 9m3x` → `RELEVE`, `K7QF`, `9M3X`. */
function tokensOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase();
  return foldEthiopic(plain)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/** Amharic writes some sounds with several letters, and people take whichever comes to hand: ሐ and ኀ are ሀ, ሠ is ሰ, ዐ is አ, ፀ is ጸ. */
const alike: readonly (readonly [from: number, to: number])[] = [
  [0x1210, 0x1200],
  [0x1280, 0x1200],
  [0x1220, 0x1230],
  [0x12d0, 0x12a0],
  [0x1340, 0x1338],
];
const vowels = 7;

function foldEthiopic(text: string): string {
  return Array.from(text, (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    const [from, to] = alike.find(([start]) => code >= start && code < start + vowels) ?? [0, 0];
    return String.fromCodePoint(code - from + to);
  }).join('');
}
