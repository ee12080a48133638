import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { StartError } from '../embedded';
import type { SandboxPerson } from '../onboarding';
import { formatAmount, minorFromDecimal, parseMsisdn, parseUserNumber, type Market, type Currency } from '../platform';
import { defaultLanguage, type Services } from './services';

const simsFolder = path.join(__dirname, '..', '..', 'sims');

/** What somebody of the sandbox is made of, in each of its files. */
export const personFields = {
  msisdn: z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number such as +254700000001'),
  firstName: z.string().min(1),
  lastName: z.string().min(1),
  role: z.enum(['customer', 'agent', 'merchant']),
  pin: z.string().regex(/^\d{4,6}$/, 'must be 4 to 6 digits'),
  balance: z.string().regex(/^\d+(\.\d+)?$/, 'must be an amount such as 5000.00'),
  userNumber: z
    .string()
    .refine((digits) => parseUserNumber(digits) === digits, 'must be eight digits, the last their check digit'),
};
/** `userNumber`: drawn by default. */
const person = z.strictObject({ ...personFields, userNumber: personFields.userNumber.optional() });
export type Person = z.output<typeof person>;

/** The people of the sandbox, as a file of sims/ has them: E.164, balance as a decimal string. */
export async function loadPeople(name = 'people.json'): Promise<Person[]> {
  return readSims(name, z.array(person));
}

/** A file of sims/. Throws a StartError that names file and field: `sims/people.json: 3.pin: must be 4 to 6 digits`. */
export async function readSims<T>(name: string, schema: z.ZodType<T>, folder = simsFolder): Promise<T> {
  const text = await readFile(path.join(folder, name), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new StartError(`sims/${name} is not there`);
    throw error;
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new StartError(`sims/${name} is no JSON`);
  }
  const read = schema.safeParse(content);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new StartError(`sims/${name}: ${first?.path.join('.') ?? ''}: ${first?.message ?? 'is not well formed'}`);
}

/** Puts them on an empty database, and gives those who are there what they were promised. Returns whether it was empty. */
export async function seedSandbox(services: Services, people: readonly Person[], market: Market): Promise<boolean> {
  const { identity, onboarding } = services;
  if (await identity.anyCustomer()) {
    await onboarding.finishSandbox(); // the start that made them may have died before they had their money
    return false;
  }
  const applications = people.map((one, index) => {
    const nationalId = `SANDBOX${String(index + 1).padStart(4, '0')}`;
    const balanceMinor = sandboxMinor(one.balance, market.currency);
    return sandboxPerson(services, { ...one, nationalId, balanceMinor }, market);
  });
  await onboarding.openSandbox(await Promise.all(applications));
  return true;
}

const sandboxBirthDate = '1990-01-31';

/** Somebody as onboarding opens them, in the first language. Throws a StartError for a PIN or number that can't be used. */
export async function sandboxPerson(
  { identity }: Pick<Services, 'identity'>,
  one: Omit<Person, 'balance'> & { nationalId: string; balanceMinor: bigint },
  market: Market,
): Promise<SandboxPerson> {
  const pin = await identity.hashPin(one.pin, sandboxBirthDate);
  const msisdn = parseMsisdn(one.msisdn, market.country);
  if (!pin.ok || !msisdn) throw new StartError(`sims: ${one.msisdn} can't be used`);
  const { firstName, lastName, role, userNumber, nationalId, balanceMinor } = one;
  return {
    ...{ msisdn, firstName, lastName, role, userNumber, balanceMinor },
    ...{ language: defaultLanguage, pin: pin.value, birthDate: sandboxBirthDate, nationalId },
  };
}

/** The people's money is written with cents; where money has none, they are left out. */
export function sandboxMinor(decimal: string, currency: Currency): bigint {
  const hasCents = formatAmount(0n, currency).includes('.');
  return minorFromDecimal(hasCents ? decimal : decimal.replace(/\.\d+$/, ''), currency);
}
