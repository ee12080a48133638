import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { formatAmount, minorFromDecimal, parseMsisdn, type Market, type Currency } from '../platform';
import { defaultLanguage, type Services } from './services';

const peopleFile = path.join(__dirname, '..', '..', 'sims', 'people.json');

const person = z.object({
  msisdn: z.string(),
  firstName: z.string().min(1),
  lastName: z.string().min(1),
  role: z.enum(['customer', 'agent', 'merchant']),
  pin: z.string().regex(/^\d{4,6}$/),
  balance: z.string().regex(/^\d+(\.\d+)?$/),
  /** Default: drawn. */
  userNumber: z
    .string()
    .regex(/^[1-9]\d{7}$/)
    .optional(),
});
export type Person = z.output<typeof person>;

/** The people of the sandbox, as sims/people.json has them: E.164, balance as a decimal string. */
export async function loadPeople(file = peopleFile): Promise<Person[]> {
  const text = await readFile(file, 'utf8');
  return z.array(person).parse(JSON.parse(text));
}

/** Puts them on an empty database, and gives those who are there what they were promised. Returns whether it was empty. */
export async function seedSandbox(
  { identity, onboarding }: Services,
  people: readonly Person[],
  market: Market,
): Promise<boolean> {
  if (await identity.anyCustomer()) {
    await onboarding.finishSandbox(); // the start that made them may have died before they had their money
    return false;
  }
  const applications = people.map(async (one, index) => {
    const pin = await identity.hashPin(one.pin, sandboxBirthDate);
    const msisdn = parseMsisdn(one.msisdn, market.country);
    if (!pin.ok || !msisdn) throw new Error(`sims/people.json: ${one.msisdn} can't be used`);
    const { firstName, lastName, role, userNumber } = one;
    const identityPapers = { birthDate: sandboxBirthDate, nationalId: `SANDBOX${String(index + 1).padStart(4, '0')}` };
    const balanceMinor = sandboxMinor(one.balance, market.currency);
    return {
      msisdn,
      firstName,
      lastName,
      role,
      userNumber,
      language: defaultLanguage,
      pin: pin.value,
      balanceMinor,
      ...identityPapers,
    };
  });
  await onboarding.openSandbox(await Promise.all(applications));
  return true;
}

const sandboxBirthDate = '1990-01-31';

/** The people's money is written with cents; where money has none, they are left out. */
function sandboxMinor(decimal: string, currency: Currency): bigint {
  const hasCents = formatAmount(0n, currency).includes('.');
  return minorFromDecimal(hasCents ? decimal : decimal.replace(/\.\d+$/, ''), currency);
}
