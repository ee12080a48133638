import anyAscii from 'any-ascii';

/** The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, sections 6.2.1 and 6.2.1.1). */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extended = new Set('\f^{}\\[~]|€');

export interface Measure {
  readonly alphabet: 'gsm7' | 'ucs2';
  /** Septets in GSM-7 (extension characters cost two), UTF-16 code units in UCS-2. */
  readonly units: number;
}

/** The alphabet that a text needs and what it costs there. */
export function measure(text: string): Measure {
  let septets = 0;
  for (const character of text) {
    if (basic.has(character)) septets += 1;
    else if (extended.has(character)) septets += 2;
    else return { alphabet: 'ucs2', units: text.length };
  }
  return { alphabet: 'gsm7', units: septets };
}

/**
 * Drops the marks of Latin letters that GSM-7 lacks (`ç` → `c`, `ũ` → `u`, `’` → `'`) and keeps those it has (`é`, `ñ`):
 * one letter beyond GSM-7 would halve the room on the whole screen. Other scripts are left as they are.
 */
export function foldLatin(text: string): string {
  return Array.from(text.normalize('NFC'), (character) =>
    basic.has(character) || extended.has(character) || !/[\p{Script=Latin}\p{P}\p{Zs}\u0300-\u036f]/u.test(character)
      ? character
      : anyAscii(character),
  ).join('');
}

/** Writes any script in GSM-7 letters, for a name that would halve a screen written in Latin script: `አበበ` → `Abebe`. */
export function romanise(text: string): string {
  const folded = foldLatin(text);
  if (measure(folded).alphabet === 'gsm7') return folded;
  return folded.split(' ').map(romaniseWord).join(' ');
}

function romaniseWord(word: string): string {
  const ascii = anyAscii(word).replaceAll('`', "'"); // the one ASCII letter that GSM-7 lacks stands for a glottal stop
  const letters = Array.from(ascii).filter((character) => basic.has(character) || extended.has(character));
  if (!/^\p{Lo}/u.test(word)) return letters.join('');
  // A script without capitals: the name gets one, and the stop that a first vowel begins with is not written.
  const [first = '', ...rest] = letters[0] === "'" && letters.length > 1 ? letters.slice(1) : letters;
  return first.toUpperCase() + rest.join('');
}
