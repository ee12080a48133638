import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadPeople } from '../../src/app';
import { openVenya, venyasPhone } from '../integration/clearing/people';
import { openMachine } from '../support/machine';
import { createTwo, loopbackBetween, saysNothingOf } from '../support/two';
import { createWorld, type World } from '../support/world';
import references from './references.json';
import { replay, type Elsewhere } from './transcript';

/**
 * Each file beside this one is a call, or a story of several. `UPDATE_FLOWS=1 npm test flows` writes what comes: read the
 * difference. What chance would give each payment stands in references.json, in the order in which it is drawn, a failed
 * payment's too.
 */
/** Stories of two providers and a bank's machines. */
const ofTwo: ReadonlySet<string> = new Set([
  'counter.txt',
  'atm.txt',
  'shop-code.txt',
  'sell-by-code.txt',
  'identifiers.txt',
]);

const files = readdirSync(__dirname).filter((name) => name.endsWith('.txt'));

test.each(files)(
  '%s',
  async (name) => {
    const file = path.join(__dirname, name);
    const script = readFileSync(file, 'utf8');
    const people = await loadPeople();
    const numberOf = (who: string) => people.find(({ firstName }) => firstName.startsWith(who))?.msisdn ?? who;
    const drawn: readonly string[] = (references as Record<string, string[]>)[name] ?? [];
    const { world, elsewhere, close } = await (ofTwo.has(name) ? openTwo : openOne)(name, drawn);
    try {
      const told = await replay(world, script, numberOf, elsewhere);
      if (process.env['UPDATE_FLOWS'] !== undefined) writeFileSync(file, told);
      else expect(told).toBe(script);
      const books = await world.services.ledger.verify(world.services.db);
      expect(books.deviation).toBeUndefined();
    } finally {
      await close();
    }
  },
  120_000,
);

interface Opened {
  readonly world: World;
  readonly elsewhere?: Elsewhere;
  readonly close: () => Promise<void>;
}

async function openOne(name: string, references: readonly string[]): Promise<Opened> {
  const world = await createWorld({ seed: name, references });
  return { world, close: () => world.close() };
}

const amina = [{ idType: 'EMAIL', id: 'amina@dfsp1.com' }] as const;

/** Venya is at a second provider; a third has an ATM, a device in a shop, and Amina. */
async function openTwo(name: string, references: readonly string[]): Promise<Opened> {
  const hub = loopbackBetween();
  const both = await createTwo({ ...hub, seed: name, references, hopDeadlineMs: 14_000 });
  const adapter = hub.adapterFor('bank');
  const machine = await openMachine('bank', { adapter, now: () => hub.clock.now(), reached: amina });
  saysNothingOf(both.wires.two, amina);
  await openVenya(both.two, 500_000n);
  const elsewhere = { world: both.two, numbers: { Venya: venyasPhone }, machine, settle: () => both.settle() };
  return { world: both.one, elsewhere, close: () => both.close() };
}
