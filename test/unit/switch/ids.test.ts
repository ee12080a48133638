import fc from 'fast-check';
import { isWireId, uuidOf } from '../../../src/switch/fspiop/ids';

const alphabet = Array.from('0123456789ABCDEFGHJKMNPQRSTVWXYZ');
const ulids = fc
  .tuple(
    fc.constantFrom(...alphabet.slice(0, 8)),
    fc.array(fc.constantFrom(...alphabet), { minLength: 25, maxLength: 25 }),
  )
  .map(([first, rest]) => first + rest.join(''));

describe('Ids on the wire', () => {
  test('a ULID is the 128 bits that its specification says', () => {
    expect(uuidOf('00000000000000000000000000')).toBe('00000000-0000-0000-0000-000000000000');
    expect(uuidOf('7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBe('ffffffff-ffff-ffff-ffff-ffffffffffff');
    // The example of github.com/ulid/javascript: its first 48 bits are milliseconds.
    const uuid = uuidOf('01ARZ3NDEKTSV4RRFFQ69G5FAV');
    expect(parseInt(uuid.slice(0, 13).replace('-', ''), 16)).toBe(Date.parse('2016-07-30T23:54:10.259Z'));
  });

  test('two ULIDs are two UUIDs', () => {
    fc.assert(fc.property(ulids, ulids, (one, other) => (uuidOf(one) === uuidOf(other)) === (one === other)));
    fc.assert(
      fc.property(ulids, (id) => isWireId(id) && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuidOf(id))),
    );
  });

  test('a UUID of any version is itself', () => {
    const versions = fc.constantFrom(1, 2, 3, 4, 5, 6, 7) as fc.Arbitrary<1>;
    fc.assert(
      fc.property(
        versions.chain((version) => fc.uuid({ version })),
        (id) => isWireId(id) && uuidOf(id) === id,
      ),
    );
  });

  test.each([
    ['', 'nothing'],
    ['8ZZZZZZZZZZZZZZZZZZZZZZZZZ', 'more than 128 bits'],
    ['01ARZ3NDEKTSV4RRFFQ69G5FAU', 'a letter that the alphabet leaves out'],
    ['01arz3ndektsv4rrffq69g5fav', 'small letters'],
    ['B51EC534-EE48-4575-B6A9-EAD2955B8069', 'capital letters'],
    ['b51ec534-ee48-8575-b6a9-ead2955b8069', 'a version that nobody has defined for FSPIOP'],
    ['b51ec534-ee48-4575-b6a9-ead2955b8069\n', 'something after it'],
  ])('%j is none: %s', (text) => {
    expect(isWireId(text)).toBe(false);
  });
});
