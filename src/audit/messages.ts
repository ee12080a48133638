import { digestOf } from './document';
import type { Deviation } from './report';
import { parseShort } from './short';
import { readDocument } from './store';
import type { Sql } from '../platform';

export interface MessageOptions {
  /** Short forms as they came by SMS. */
  readonly texts: readonly string[];
  /** Who may have signed, 64 hex digits each. */
  readonly publicKeys: readonly string[];
}

/** Holds the documents that the log tells of against short forms that were sent: a deviation a message at most. */
export async function judgeMessages(sql: Sql, { texts, publicKeys }: MessageOptions): Promise<Deviation[]> {
  const deviations: Deviation[] = [];
  for (const [index, text] of texts.entries()) {
    const short = parseShort(text, publicKeys);
    if (!short) {
      deviations.push({ name: `message ${index + 1}`, kind: 'signature', detail: 'no trusted key signed it' });
      continue;
    }
    const name = `document ${short.number}`;
    const sent = `message ${index + 1} of ${short.at.toISOString()}`;
    const stored = await readDocument(sql, short.number);
    if (stored === undefined) deviations.push({ name, kind: 'missing', detail: `${sent} tells of it` });
    else if (digestOf(stored) !== short.digest)
      deviations.push({ name, kind: 'changed', detail: `${sent} has another` });
  }
  return deviations;
}
