import { z } from 'zod';
import type { SandboxPerson } from '../onboarding';
import { parseMsisdn, type Log } from '../platform';
import { personFields, readSims, sandboxMinor, sandboxPerson } from './sandbox';
import { stateSchema, takeState } from './sandbox-states';
import type { Services } from './services';

/** `network` is what the simulators do for this number: they read it themselves. */
const numberSchema = z.strictObject({
  ...personFields,
  /** `highest`: as much as somebody who has just signed up may hold; `6 days`: as much as they may pay in so many. */
  balance: z.string().regex(/^(\d+(\.\d+)?|highest|\d days)$/, 'must be an amount such as 5000.00, highest, or 6 days'),
  /** One more person on the phone of somebody who stands before. */
  shares: z.literal(true, 'must be true, or not be there').optional(),
  state: stateSchema.optional(),
  network: z.record(z.string(), z.string()).optional(),
});
type SandboxNumber = z.output<typeof numberSchema>;

/**
 * The numbers that force one outcome each (B24), as sims/numbers.json has them. Throws a StartError that names the field.
 * @param folder where the file is; default: sims/.
 */
export async function loadNumbers(folder?: string): Promise<SandboxNumber[]> {
  return readSims('numbers.json', z.array(numberSchema), folder);
}

/**
 * Opens whoever is missing, then puts everybody into the state for which they are there, by the services that a member
 * of the staff or a customer would use: no code knows these numbers. Each start makes anew what has run out since or was
 * taken back (the day's payments, an invoice, a freeze). What can't be made is logged and keeps nothing from starting.
 */
export async function seedNumbers(services: Services, numbers: readonly SandboxNumber[], log: Log): Promise<void> {
  const missing = await missingOf(services, numbers, log);
  // Whoever shares a phone is let in by its person's PIN, and so comes after them.
  const own = missing.filter(({ shares }) => shares !== true).map((one) => personOf(services, one));
  if (own.length > 0) await services.onboarding.openSandbox(await Promise.all(own));
  for (const one of missing.filter(({ shares }) => shares === true)) {
    const proof = await letIn(services, numbers, one);
    if (proof === undefined) log.warn({ msisdn: one.msisdn }, 'a number of the sandbox is not there to be shared');
    else await services.onboarding.openSandbox([{ ...(await personOf(services, one)), letIn: proof }]);
  }
  for (const one of numbers) {
    const customer = one.state && (await services.identity.byUserNumber(one.userNumber));
    if (!one.state || !customer) continue;
    const failure = await takeState(services, one.state, { customer, pin: one.pin });
    if (failure !== undefined)
      log.warn({ msisdn: one.msisdn, failure }, 'a number of the sandbox is not as it should be');
  }
}

async function personOf(services: Services, one: SandboxNumber): Promise<SandboxPerson> {
  const described = { ...one, nationalId: `SANDBOX${one.userNumber}`, balanceMinor: balanceOf(services, one) };
  return sandboxPerson(services, described, services.market);
}

/** The first person of the phone shows the PIN, as they would in Settings; undefined where that is nobody of these. */
async function letIn(
  { identity, market }: Services,
  numbers: readonly SandboxNumber[],
  { msisdn, userNumber }: SandboxNumber,
): Promise<string | undefined> {
  const parsed = parseMsisdn(msisdn, market.country);
  const first = parsed && (await identity.byMsisdn(parsed));
  const known = numbers.find((one) => one.userNumber === first?.userNumber);
  if (!first || !known) return undefined;
  const attemptKey = `sandbox ${userNumber}`;
  const proven = await identity.verifyPin({ customerId: first.customerId, pin: known.pin, attemptKey });
  return proven.ok ? attemptKey : undefined;
}

/** Who is not there yet. Whose phone somebody else has signed up on meanwhile stays theirs. */
async function missingOf(
  { identity, market }: Services,
  numbers: readonly SandboxNumber[],
  log: Log,
): Promise<SandboxNumber[]> {
  const missing: SandboxNumber[] = [];
  for (const one of numbers) {
    if (await identity.byUserNumber(one.userNumber)) continue;
    const msisdn = parseMsisdn(one.msisdn, market.country);
    const isTaken = one.shares !== true && msisdn !== undefined && (await identity.byMsisdn(msisdn)) !== undefined;
    if (isTaken) log.warn({ msisdn: one.msisdn }, 'a number of the sandbox belongs to somebody else');
    else missing.push(one);
  }
  return missing;
}

function balanceOf({ rules, clock, market }: Services, { balance, role }: SandboxNumber): bigint {
  const request = { party: { role }, product: 'send', channel: 'ussd', at: clock.now() } as const;
  const limitOf = (direction: 'in' | 'out') =>
    rules.limits({ ...request, direction }).find(({ scope }) => scope === 'all');
  if (balance === 'highest') return limitOf('in')?.balanceMaxMinor ?? 0n;
  const days = /^(\d) days$/.exec(balance)?.[1];
  if (days !== undefined) return BigInt(days) * (limitOf('out')?.day?.amountMinor ?? 0n);
  return sandboxMinor(balance, market.currency);
}
