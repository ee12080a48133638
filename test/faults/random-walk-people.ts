import { loadPeople } from '../../src/app';
import { assert, minorFromDecimal, parseMsisdn, type Msisdn } from '../../src/platform';
import type { Chance } from '../support/random';
import type { World } from '../support/world';

type WalkerRole = 'customer' | 'agent' | 'merchant';

/** Somebody who calls. What they know of themselves changes as they walk. */
export interface Walker {
  /** Told apart from everybody else by it, on a screen that asks who is calling. */
  readonly firstName: string;
  readonly lastName: string;
  readonly birthDate: string;
  readonly nationalId: string;
  readonly role: WalkerRole;
  readonly customerId: string | undefined;
  /** The PIN that they take for theirs; they try the others where it is wrong. */
  pin: string;
  readonly pins: string[];
}

/** A SIM in a handset, and who may be using it. */
export interface Phone {
  readonly msisdn: Msisdn;
  readonly walkers: Walker[];
}

/** Everybody and everything that can be called or typed. */
export interface Crowd {
  readonly walkers: Walker[];
  readonly phones: Phone[];
  /** Phones of two people who hold one account. */
  readonly sharing: readonly (readonly [Phone, Phone])[];
  /** Each PIN that anybody ever typed: none of them may be found anywhere. */
  readonly typedPins: Set<string>;
}

const languages = ['en', 'sw', 'fr', 'am'] as const;
const crowdMax = 52;
const strangersMax = 14;
const balances = ['0', '900', '5000', '12000', '29500', '29900'] as const;
const birthDate = '1990-01-31';

/**
 * The people of the sandbox and a crowd: agents, merchants, customers in four languages, some with money and some
 * without; phones that two people share, accounts that two people hold; and phones that nobody has registered.
 */
export async function gather(world: World, chance: Chance): Promise<Crowd> {
  const { identity, onboarding, market } = world.services;
  const fresh = await Promise.all(
    Array.from({ length: crowdMax }, async (_, index) => {
      const pin = crowdPin(chance);
      const hashed = await identity.hashPin(pin, birthDate);
      assert(hashed.ok, 'a PIN can be hashed');
      const role = roleOf(index);
      const person = {
        msisdn: numberOf(`07100${String(index).padStart(5, '0')}`, world),
        firstName: nameOf(index),
        lastName: 'Crowd',
        birthDate,
        nationalId: `CROWD${String(index).padStart(6, '0')}`,
        language: languages[index % languages.length] ?? 'en',
        role,
        pin: hashed.value,
        balanceMinor: minorFromDecimal(role === 'agent' ? '80000' : chance.of(balances), market.currency),
      };
      return { person, typed: pin };
    }),
  );
  await onboarding.openSandbox(fresh.map(({ person }) => person));
  const sandbox = (await loadPeople()).map((one, index) => ({
    ...{
      typed: one.pin,
      firstName: one.firstName,
      lastName: one.lastName,
      msisdn: numberOf(one.msisdn, world),
      role: one.role,
    },
    nationalId: `SANDBOX${String(index + 1).padStart(4, '0')}`,
  }));
  const phones = await Promise.all(
    [...sandbox, ...fresh.map(({ person, typed }) => ({ ...person, typed }))].map(
      async ({ typed, firstName, lastName, nationalId, role, msisdn }): Promise<Phone> => {
        const customer = await identity.byMsisdn(msisdn);
        assert(customer, 'who was added is there');
        const { customerId } = customer;
        const walker = { firstName, lastName, birthDate, nationalId, role, customerId, pin: typed, pins: [typed] };
        return { msisdn, walkers: [walker] };
      },
    ),
  );
  const walkers = phones.flatMap((phone) => phone.walkers);
  await buildHierarchy(
    world,
    walkers.filter(({ role }) => role === 'agent'),
  );
  await sharePhones(world, phones.slice(-12));
  const sharing = await shareAccounts(world, phones.slice(0, 24));
  const strangers = Array.from({ length: strangersMax }, (_, index): Phone => {
    const msisdn = numberOf(`07200${String(index).padStart(5, '0')}`, world);
    return { msisdn, walkers: [] };
  });
  // Of the sandbox they have four digits, which stand in any table by chance.
  const typedPins = new Set(fresh.map(({ typed }) => typed));
  return { walkers, phones: [...phones, ...strangers], sharing, typedPins };
}

/** Six digits that no amount of a walk has, and that no rule of PINs refuses. */
export function crowdPin(chance: Chance): string {
  for (;;) {
    const pin = `9${chance.digits(5)}`;
    if (!/(\d)\1\1|19\d\d|20\d\d/.test(pin)) return pin;
  }
}

function numberOf(typed: string, { services: { market } }: World): Msisdn {
  const msisdn = parseMsisdn(typed, market.country);
  assert(msisdn, `${typed} is a phone number`);
  return msisdn;
}

function roleOf(index: number): WalkerRole {
  if (index < 5) return 'agent';
  return index < 11 ? 'merchant' : 'customer';
}

/** A name that nobody else has and that is part of no other. */
function nameOf(index: number): string {
  const [first, vowel] = ['BDFGHJKLMN'.charAt(index % 10), 'aeiou'.charAt(Math.floor(index / 10) % 5)] as const;
  return `${first}${vowel}${index < 50 ? 'reni' : 'lusa'}`;
}

/** The first is the super-agent of all others but the last. */
async function buildHierarchy({ services }: World, agents: readonly Walker[]): Promise<void> {
  const [above, ...others] = agents;
  for (const { customerId: agentId } of others.slice(0, -1)) {
    const superAgentId = above?.customerId;
    assert(agentId !== undefined && superAgentId !== undefined, 'agents are customers');
    const set = await services.db.tx((tx) => services.agents.setSuperAgent(tx, { agentId, superAgentId }));
    assert(set.ok, 'an agent can have a super-agent');
  }
}

/** Every second of them is on the phone of the one before as well. */
async function sharePhones({ owner }: World, phones: readonly Phone[]): Promise<void> {
  for (let index = 0; index + 1 < phones.length; index += 2) {
    const [phone, other] = [phones[index], phones[index + 1]];
    const guest = other?.walkers[0];
    if (!phone || !guest) continue;
    await owner.run({
      text: `insert into phone_assignment (assignment_id, msisdn, customer_id, valid_from, is_default, is_contact)
             select gen_random_uuid(), $1, $2, valid_from, false, false from phone_assignment where customer_id = $2 limit 1`,
      values: [phone.msisdn, guest.customerId],
    });
    phone.walkers.push(guest);
  }
}

/** Every second of them holds the main account of the one before as well, as a signatory or as a viewer. */
async function shareAccounts({ owner }: World, phones: readonly Phone[]): Promise<(readonly [Phone, Phone])[]> {
  const pairs: (readonly [Phone, Phone])[] = [];
  for (let index = 0; index + 1 < phones.length; index += 2) {
    const [phone, other] = [phones[index], phones[index + 1]];
    if (!phone || !other) continue;
    const rank = index % 6 === 4 ? 'viewer' : 'signatory';
    await owner.run({
      text: `insert into account_holder (account_id, customer_id, rank, is_primary, since)
             select account_id, $2, $3, false, created_at from account where owner_id = $1 and purpose = 'main'`,
      values: [phone.walkers[0]?.customerId, other.walkers[0]?.customerId, rank],
    });
    // Who looks at a shared account first works with it.
    await owner.run({
      text: `update customer set current_account_id = (select account_id from account where owner_id = $1 and purpose = 'main')
             where customer_id = $2`,
      values: [phone.walkers[0]?.customerId, other.walkers[0]?.customerId],
    });
    pairs.push([phone, other]);
  }
  return pairs;
}
