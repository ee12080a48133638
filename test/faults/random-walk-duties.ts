import type { Walk } from './random-walk-call';

/** What one of the staff does because it waits for them. */
export interface Duty {
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
}

/** Something that waits; undefined where nothing does. */
export async function nextDuty(walk: Walk): Promise<Duty | undefined> {
  const { chance } = walk.around;
  return chance.of([anApplication, aCase, aCase, aCase, anAppeal, aForgottenPin, aForgottenPin, aSuspect])(walk);
}

async function anApplication({ world, around: { chance } }: Walk): Promise<Duty | undefined> {
  const open = await world.owner.rows<{ number: bigint }>({
    text: `select application_number as number from application where state = 'open'`,
  });
  if (open.length === 0) return undefined;
  const number = String(chance.of(open).number);
  return { name: chance.is(0.6) ? 'application-approve' : 'application-refuse', args: { number } };
}

async function aCase({ world, around: { chance } }: Walk): Promise<Duty | undefined> {
  const open = await world.owner.rows<{ number: string; kind: string }>({
    text: `select number, kind from redress_case where state in ('open', 'investigating', 'appealed')`,
  });
  if (open.length === 0) return undefined;
  const mistakes = open.filter(({ kind }) => kind === 'wrong_send');
  const { number } = chance.of(mistakes.length > 0 && chance.is(0.5) ? mistakes : open);
  if (chance.is(0.2)) return { name: 'case-take', args: { number } };
  if (chance.is(0.2)) return { name: 'case-note', args: { number, words: 'the agent remembers' } };
  const outcome = chance.of(['refunded', 'refunded', 'corrected', 'rejected']);
  const part = outcome === 'refunded' && chance.is(0.3) ? { amount: '5' } : {};
  return { name: 'case-decide', args: { number, outcome, ...part } };
}

async function anAppeal({ world, around: { chance } }: Walk): Promise<Duty | undefined> {
  const decided = await world.owner.rows<{ number: string }>({
    text: `select number from redress_case where state = 'decided'`,
  });
  return decided.length > 0 ? { name: 'case-appeal', args: { number: chance.of(decided).number } } : undefined;
}

/** What leaves or comes is held back for a while; the freezes before are lifted as often. */
async function aSuspect({ world, around: { chance, crowd } }: Walk): Promise<Duty | undefined> {
  const standing = await world.owner.rows<{ number: bigint }>({
    text: 'select freeze_number as number from account_freeze where lifted_at is null',
  });
  if (standing.length > 0 && chance.is(0.6))
    return { name: 'unfreeze', args: { number: String(chance.of(standing).number) } };
  return { name: 'freeze', args: { who: chance.of(crowd.phones).msisdn, side: chance.of(['debit', 'credit', 'all']) } };
}

/** Somebody calls who forgot the PIN; at times the SIM behind their number is another one. */
function aForgottenPin({ world, around: { chance, crowd, codesSentTo } }: Walk): Promise<Duty | undefined> {
  const swapped = [...world.network.swaps.keys()];
  const phones = crowd.phones.filter(({ walkers }) => walkers.length > 0).map(({ msisdn }) => msisdn as string);
  const who = chance.of(swapped.length > 0 && chance.is(0.2) ? swapped : phones);
  codesSentTo.push(who);
  codesSentTo.splice(0, Math.max(0, codesSentTo.length - 6));
  return Promise.resolve({ name: 'pin-reset', args: { who } });
}
