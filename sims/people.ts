import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A phone number as E.164, e.g. `+254700000001`. */
export const msisdnSchema = z
  .string()
  .trim()
  .regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number such as +254700000001');

const personSchema = z.strictObject({
  msisdn: msisdnSchema,
  firstName: z.string().min(1).max(60),
  lastName: z.string().min(1).max(60),
  role: z.enum(['customer', 'merchant', 'agent']),
  pin: z.string().regex(/^\d{4,6}$/, 'must be 4 to 6 digits'),
  userNumber: z
    .string()
    .regex(/^[1-9]\d{7}$/, 'must be eight digits')
    .optional(),
  balance: z.string().regex(/^\d+\.\d{2}$/, 'must be an amount such as 5000.00'),
});

/** Somebody of the sandbox. `balance` is a decimal amount in KES, what the gateway's seed gives them at the start. */
export type Person = z.infer<typeof personSchema>;

/** How the networks treat a number of the sandbox; what is absent is as with anybody. */
const networkSchema = z.strictObject({
  /** The mobile network says that its SIM was changed just now. */
  sim: z.literal('swapped', 'must be swapped').optional(),
  /** An SMS to it is refused by the aggregator (`UserInBlacklist`); or taken, and reported as failed. */
  sms: z.enum(['refused', 'lost'], 'must be refused or lost').optional(),
  /** The aggregator delivers every hop of its calls twice at once, and shows the first answer. */
  hops: z.literal('twice', 'must be twice').optional(),
});
export type Network = z.infer<typeof networkSchema>;

/** What else stands in a row is the gateway's. */
const numberSchema = z.object({ msisdn: msisdnSchema, network: networkSchema.optional() });

/**
 * Reads the people of the sandbox.
 * @throws Error naming the file and the field, when it can't be read or a person is not well formed.
 */
export function readPeople(file: string): Person[] {
  return readRows(file, z.array(personSchema).min(1).max(50));
}

/**
 * Reads how the networks treat the numbers of the sandbox, by E.164.
 * @throws Error as `readPeople`.
 */
export function readNetworks(file: string): ReadonlyMap<string, Network> {
  const rows = readRows(file, z.array(numberSchema).max(200));
  return new Map(rows.flatMap(({ msisdn, network }) => (network ? [[msisdn, network]] : [])));
}

function readRows<T>(file: string, schema: z.ZodType<T>): T {
  const read = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (read.success) return read.data;
  const first = read.error.issues[0];
  throw new Error(`${file}: ${first?.path.join('.') ?? ''}: ${first?.message ?? 'is not well formed'}`);
}
