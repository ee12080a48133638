/** JSON as FSPIOP's signatures need it: read without losing anything, written so that everybody writes the same bytes. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/**
 * Compact JSON with sorted keys at every depth: the only bytes that both generations of Mojaloop's validators take for
 * what was signed. Members that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Deeper than any message of FSPIOP, and far from the end of the stack. */
const depthMax = 64;

/**
 * Reads a JSON object. Throws a `SyntaxError` on anything else, on a key that comes twice (two readers could then see two
 * messages under one signature) and on what is nested beyond reason.
 */
export function parseStrictly(text: string): JsonObject {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('not a JSON object');
  refuseTwins(text);
  return value as JsonObject;
}

/** What the engine says of malformed text quotes it, and a code or a name may stand there. */
function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new SyntaxError('not JSON');
  }
}

/** Strings, and the signs that open, close and part. What else stands in valid JSON doesn't matter here. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

function refuseTwins(text: string): void {
  const open: Set<string>[] = [];
  let last = '';
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') {
      open.push(new Set());
      if (open.length > depthMax) throw new SyntaxError('nested too deeply');
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ':') {
      const key = JSON.parse(last) as string;
      if (open.at(-1)?.has(key)) throw new SyntaxError(`the key ${key.slice(0, 32)} comes twice`);
      open.at(-1)?.add(key);
    }
    last = token;
  }
}
