import { createHash } from 'node:crypto';
import { createIds, type Clock, type Ids } from '../../src/platform';

/** The same bytes in the same order, every time. */
function seededRandom(seed: string): (size: number) => Buffer {
  let counter = 0;
  return (size) => {
    const blocks = Array.from({ length: Math.ceil(size / 32) }, () =>
      createHash('sha256').update(`${seed}:${counter++}`).digest(),
    );
    return Buffer.concat(blocks).subarray(0, size);
  };
}

/** Ids that come again, each later than the one before although the clock stands still; references as they are dealt. */
export interface TestIds extends Ids {
  /** How many UUIDs are before the next. */
  readonly uuidsDrawn: () => number;
}

/** `uuidsBefore`: of somebody else's, all earlier. */
export function createTestIds(
  clock: Clock,
  { seed, references, uuidsBefore }: { seed: string; references: readonly string[]; uuidsBefore: number },
): TestIds {
  const random = seededRandom(seed);
  let uuidsDrawn = uuidsBefore;
  const ascending = (size: number): Buffer => {
    const bytes = random(size);
    uuidsDrawn += 1;
    bytes.writeUInt16BE(uuidsDrawn >> 6, 0); // a UUIDv7 keeps 12 bits of these, and 6 of the next
    bytes.writeUInt8(uuidsDrawn & 0x3f, 2);
    return bytes;
  };
  const dealt = [...references];
  const chance = createIds(clock, random);
  const inOrder = createIds(clock, ascending);
  const numbers = createIds(clock, seededRandom(`${seed} user numbers`)); // apart: they change no other draw
  const codes = createIds(clock, seededRandom(`${seed} codes`));
  const wire = createIds(clock, seededRandom(`${seed} wire`));
  const dialled = createIds(clock, seededRandom(`${seed} dialled numbers`));
  return {
    uuid: () => inOrder.uuid(),
    wireId: () => wire.wireId(),
    reference: () => dealt.shift() ?? chance.reference(),
    userNumber: () => numbers.userNumber(),
    code: () => codes.code(),
    number: (length) => dialled.number(length),
    uuidsDrawn: () => uuidsDrawn,
  };
}
