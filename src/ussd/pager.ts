export interface Paging {
  /** What stands above the items, on the first page. */
  readonly head: string;
  /** Kept whole, in order, numbers and all. */
  readonly items: readonly string[];
  /** The line of keys under a page that has others before or after it. */
  readonly keysOf: (page: { before: boolean; after: boolean }) => string;
  readonly fits: (text: string) => boolean;
}

/** Cuts a screen into pages that each fit: items stay whole; a text without items breaks between its lines, then its words. */
export function paginate({ head, items, keysOf, fits }: Paging): string[] {
  const pages: string[][] = [];
  let page: string[] = [];
  const text = (lines: readonly string[], after: boolean) =>
    [...lines, keysOf({ before: pages.length > 0, after })].filter(Boolean).join('\n');
  const put = (piece: string): void => {
    if (fits(text([...page, piece], true))) {
      page.push(piece);
    } else if (page.length > 0) {
      pages.push(page);
      page = [];
      put(piece);
    } else {
      const [first, rest] = halve(piece);
      if (rest === '') page.push(first);
      else [first, rest].forEach(put);
    }
  };
  for (const piece of [...head.split('\n'), ...items]) put(piece);
  const last = pages.push(page) - 1;
  return pages.map((lines, index) =>
    [...lines, keysOf({ before: index > 0, after: index < last })].filter(Boolean).join('\n'),
  );
}

/** Near the middle, at a space where there is one. */
function halve(piece: string): [string, string] {
  const middle = Math.ceil(piece.length / 2);
  const space = piece.lastIndexOf(' ', middle);
  const at = space > 0 ? space : middle;
  return piece.length < 2 ? [piece, ''] : [piece.slice(0, at), piece.slice(at).trimStart()];
}
