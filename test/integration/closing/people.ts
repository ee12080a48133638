import type { Customer } from '../../../src/identity';
import { assert, type Msisdn } from '../../../src/platform';
import { createCall, type World } from '../../support/world';

/** Somebody of the sandbox with the PIN that they type. */
export interface Someone extends Customer {
  readonly msisdn: Msisdn;
  readonly pin: string;
  readonly accountId: string;
}

const known = {
  hamim: ['+254700000001', '4071'],
  kani: ['+254700000002', '8305'],
  wanjiru: ['+254700000003', '6193'],
  merchant: ['+254700000005', '3917'],
  agent: ['+254700000009', '9462'],
} as const;

export interface Stage {
  readonly world: World;
  someone(who: keyof typeof known): Promise<Someone>;
  /** What comes of closing: `closed`, what is `left` and may be given up, or why not. */
  close(who: Someone, givesUpMinor?: bigint): Promise<string>;
  /** What comes of paying: `paid`, or why not. */
  pay(from: Someone, to: Someone, amountMinor: bigint): Promise<string>;
  /** The screens of a call, the dial's first. */
  call(msisdn: string, ...typed: readonly string[]): Promise<string[]>;
  /** Signs up on a phone and returns who that is. */
  signUp(msisdn: string, as?: { first: string; last: string; nationalId: string; pin: string }): Promise<Someone>;
  proof(who: Someone): { customerId: string; pin: string; hopKey: string };
}

export function stageOf(world: World): Stage {
  const { accounts, closing, identity, payments } = world.services;
  let hops = 0;
  const proof: Stage['proof'] = ({ customerId, pin }) => ({ customerId, pin, hopKey: `hop-${(hops += 1)}` });
  const withAccount = async (msisdn: string, pin: string): Promise<Someone> => {
    const people = await identity.peopleOf(msisdn as Msisdn);
    const customer = people.at(-1);
    assert(customer, 'this person is there');
    const account = await accounts.primaryOf(world.owner, customer.customerId);
    return { ...customer, msisdn: msisdn as Msisdn, pin, accountId: account?.accountId ?? '' };
  };
  const pay: Stage['pay'] = async (from, to, amountMinor) => {
    const request = { product: 'send', initiatorId: from.customerId, to: { userNumber: to.userNumber } } as const;
    const quoted = await payments.quote({ ...request, amountMinor });
    if (!quoted.ok) return quoted.error;
    const paid = await payments.submit({ ...proof(from), quoteId: quoted.value.quoteId });
    return paid.ok ? 'paid' : paid.error;
  };
  const call: Stage['call'] = async (msisdn, ...typed) => {
    const one = createCall(world, msisdn);
    const screens = [await one.dial()];
    for (const answer of typed) screens.push(await one.answer(answer));
    await one.end(screens.at(-1)?.startsWith('END') === true ? 'Success' : 'Incomplete');
    return screens;
  };
  return {
    world,
    proof,
    pay,
    call,
    someone: (who) => withAccount(known[who][0], known[who][1]),
    close: async (who, givesUpMinor = 0n) => {
      const closed = await closing.close({ ...proof(who), givesUpMinor });
      if (!closed.ok) return closed.error;
      return closed.value.leftMinor === 0n ? 'closed' : `left ${closed.value.leftMinor}`;
    },
    signUp: async (msisdn, as = { first: 'Baraka', last: 'Mwangi', nationalId: '55566677', pin: '7391' }) => {
      const screens = await call(msisdn, '1', as.first, as.last, '25121990', as.nationalId, as.pin, as.pin, '1');
      expect(screens.at(-1)).toContain('Your user number is');
      return withAccount(msisdn, as.pin);
    },
  };
}
