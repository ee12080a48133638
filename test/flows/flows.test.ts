import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadPeople } from '../../src/app';
import { createWorld } from '../support/world';
import references from './references.json';
import { replay } from './transcript';

/**
 * Each file beside this one is a call, or a story of several. `UPDATE_FLOWS=1 npm test flows` writes what comes: read the
 * difference. What chance would give each payment stands in references.json, in the order in which it is drawn, a failed
 * payment's too.
 */
const files = readdirSync(__dirname).filter((name) => name.endsWith('.txt'));

test.each(files)('%s', async (name) => {
  const file = path.join(__dirname, name);
  const script = readFileSync(file, 'utf8');
  const people = await loadPeople();
  const numberOf = (who: string) => people.find(({ firstName }) => firstName.startsWith(who))?.msisdn ?? who;
  const drawn: readonly string[] = (references as Record<string, string[]>)[name] ?? [];
  const world = await createWorld({ seed: name, references: drawn });
  try {
    const told = await replay(world, script, numberOf);
    if (process.env['UPDATE_FLOWS'] !== undefined) writeFileSync(file, told);
    else expect(told).toBe(script);
    const books = await world.services.ledger.verify(world.services.db);
    expect(books.deviation).toBeUndefined();
  } finally {
    await world.close();
  }
});
