/** Whether two people's names are the same words: case, marks, order and what is between words tell nobody apart. */
export function isSameName(one: string, other: string): boolean {
  return foldedWords(one) === foldedWords(other);
}

function foldedWords(name: string): string {
  const plain = name.normalize('NFD').replace(/[\p{M}'’.-]/gu, '');
  return plain
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .sort()
    .join(' ');
}
