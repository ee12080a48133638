/**
 * Ids on the wire. FSPIOP 1.x writes them as UUIDs, 2.0 as UUIDs or ULIDs, and peers don't keep to it: every spelling is read
 * in every version, and answered as it was written. Both are 128 bits, so that to the core each is a UUID. Ours are UUIDv4,
 * which all versions allow.
 */
const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[1-7][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
/** Crockford's base 32; a first letter above 7 would be more than 128 bits. */
const ulid = '[0-7][0-9A-HJKMNP-TV-Z]{25}';
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ulidForm = new RegExp(`^${ulid}$`);

/** CorrelationId (7.3.8), whichever version it is of. */
export const idPattern = `^(${uuid}|${ulid})$`;
const idForm = new RegExp(idPattern);

export function isWireId(text: string): boolean {
  return idForm.test(text);
}

/** The id as the port has it: a UUID. */
export function uuidOf(wireId: string): string {
  if (!ulidForm.test(wireId)) return wireId;
  const bits = Array.from(wireId).reduce((sum, letter) => sum * 32n + BigInt(digits.indexOf(letter)), 0n);
  return bits
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
