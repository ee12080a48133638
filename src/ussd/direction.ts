/**
 * Scripts that are written from right to left (Unicode UAX #9). What a text is given (amounts, numbers, dates, names of
 * other scripts) is isolated, so that `+254…` and `20/11 14:05` keep their order among Arabic words; a line that starts
 * with a number or a foreign name gets a mark, so that it still starts at the right, its number first.
 */
const rightToLeft =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Adlam}\p{Script=Nko}\p{Script=Syriac}\p{Script=Thaana}]/u;
const isolateStart = '\u2068';
const isolateEnd = '\u2069';
const rightToLeftMark = '\u200f';

/** True for words whose letters run from right to left. */
export function isRightToLeft(text: string): boolean {
  return rightToLeft.test(text);
}

/** A value among words of a right-to-left script, in its own order. */
export function isolate(value: string): string {
  return /[^\p{L}\p{M} ]/u.test(value) || !startsRightToLeft(value) ? `${isolateStart}${value}${isolateEnd}` : value;
}

/** Lines of a right-to-left language, each starting at the right. */
export function leadLines(text: string): string {
  const lead = (line: string) => (line === '' || startsRightToLeft(line) ? line : rightToLeftMark + line);
  return text.split('\n').map(lead).join('\n');
}

/** The first letter outside isolates decides how a line runs. */
function startsRightToLeft(line: string): boolean {
  const outside = line.replaceAll(/\u2068[^\u2069]*\u2069/g, '');
  const [first] = /\p{L}/u.exec(outside) ?? [];
  return first !== undefined && rightToLeft.test(first);
}
