import { assert, parseMsisdn, type Msisdn, type Result } from '../../../src/platform';
import type { World } from '../../support/world';

/** The people of the sandbox as the services know them: who they are, where their money is, and their PIN. */
export interface Actor {
  readonly customerId: string;
  readonly accountId: string;
  readonly msisdn: Msisdn;
  readonly userNumber: string;
  readonly pin: string;
}

export const hamim = { msisdn: '+254700000001', pin: '4071' };
export const kani = { msisdn: '+254700000002', pin: '8305' };
export const merchant = { msisdn: '+254700000005', pin: '3917' };
export const amina = { msisdn: '+254700000009', pin: '9462' };

export async function actorOf(world: World, { msisdn, pin }: { msisdn: string; pin: string }): Promise<Actor> {
  const { identity, accounts, db } = world.services;
  const person = await identity.byMsisdn(msisdn as Msisdn);
  assert(person, 'the sandbox has this person');
  const { customerId, userNumber } = person;
  const primary = await accounts.primaryOf(db, customerId);
  assert(primary, 'everybody has a main account');
  return { customerId, accountId: primary.accountId, msisdn: msisdn as Msisdn, userNumber, pin };
}

/** One more agent of that name, with so much float. */
export async function addAgent(world: World, firstName: string, balanceMinor: bigint): Promise<Actor> {
  const { identity, onboarding, market } = world.services;
  added += 1;
  const msisdn = parseMsisdn(`+2547110000${String(added).padStart(2, '0')}`, market.country);
  const pin = await identity.hashPin('5038', '1990-01-31');
  assert(msisdn && pin.ok, 'the number is a number and the PIN a PIN');
  const papers = { birthDate: '1990-01-31', nationalId: `AGENT${String(added).padStart(4, '0')}` };
  const person = { msisdn, firstName, lastName: 'Wakala', language: 'en', role: 'agent' as const, ...papers };
  await onboarding.openSandbox([{ ...person, pin: pin.value, balanceMinor }]);
  return actorOf(world, { msisdn, pin: '5038' });
}
let added = 0;

/** Puts agents under a super-agent. */
export async function putUnder(world: World, above: Actor, ...below: Actor[]): Promise<void> {
  const { db, agents } = world.services;
  for (const { customerId: agentId } of below) {
    const set = await db.tx((tx) => agents.setSuperAgent(tx, { agentId, superAgentId: above.customerId }));
    assert(set.ok, 'an agent can be put under another');
  }
}

let hops = 0;
/** A hop that nobody sent before. */
export const freshHop = (): string => `hop-${(hops += 1)}`;

export function valueOf<T>(result: Result<T, string>): T {
  assert(result.ok, `refused: ${result.ok ? '' : result.error}`);
  return result.value;
}

export async function available(world: World, accountId: string): Promise<bigint> {
  const balance = await world.services.ledger.balance(world.services.db, accountId);
  assert(balance, 'the account is in the ledger');
  return balance.availableMinor;
}

/** The SMS that came to somebody, the last first. */
export async function told(world: World, { msisdn }: { msisdn: string }): Promise<string[]> {
  await world.settle();
  return world.sms.sent
    .filter(({ to }) => to === msisdn)
    .map(({ body }) => body)
    .reverse();
}
