import { setTimeout as sleep } from 'node:timers/promises';
import { commands } from '../../src/admin/registry';
import { loadStaff } from '../../src/app';
import { violate, type Walk } from './random-walk-call';
import { nextDuty, type Duty } from './random-walk-duties';

/** What goes on beside the calls: SMS are texted in, the staff act over their door. */
export interface House {
  readonly texted: Map<string, number>;
  readonly acts: Map<string, number>;
}

const texts = [
  ...['BAL', 'bal', 'MINI', 'LAST', 'HELP', 'STOP', 'START', 'SALIO', 'SOLDE', 'AIDE', 'MSAADA', 'BALANCE 9999'],
  ...['hello', '', '😀', 'STOP PROMO', 'WRONG', 'ሒሳብ', 'NIMEKOSEA', '123456'],
];

/** Somebody texts, again and again, until told to stop. Codes that were sent to them are texted back. */
export async function textIn(walk: Walk, house: House): Promise<void> {
  const { chance, crowd, codes } = walk.around;
  for (let count = 1; !walk.isOver(); count += 1) {
    await sleep(40 + chance.below(120));
    await walk.pass();
    const { msisdn } = chance.of(crowd.phones);
    const code = chance.of(codes.length > 0 ? codes : ['1234']);
    const text = chance.is(0.7) ? chance.of(texts) : chance.of([code, `BAL ${code}`, `YES ${code}`, `WRONG ${code}`]);
    const form = { id: `walk-${count}`, from: msisdn, to: '22384', text, date: '2026-01-30 18:00:00' };
    const answers = await Promise.all(
      Array.from({ length: chance.is(0.1) ? 2 : 1 }, () => walk.world.phone.post('/sms/africastalking/inbound', form)),
    );
    for (const { status, body } of answers) {
      if (status !== 200) violate(walk.tally, `an SMS was answered ${status}`, `${text}: ${body}`);
    }
    const [word = ''] = text.split(' ');
    house.texted.set(word, (house.texted.get(word) ?? 0) + 1);
  }
}

/** Who would end a member's day, or change what this walk holds people to. */
const spared = new Set(['activate', 'staff-add', 'staff-renew', 'staff-disable', 'rules-propose', 'rules-approve']);

/** The staff act, again and again: often on whom the calls have locked out, with arguments right and wrong. */
export async function actAsStaff(walk: Walk, house: House): Promise<void> {
  const { chance } = walk.around;
  const members = await loadStaff();
  const known = commands.filter(({ name }) => !spared.has(name));
  while (!walk.isOver()) {
    await sleep(20 + chance.below(100));
    await walk.pass();
    const duty = chance.is(0.7) ? await nextDuty(walk) : undefined;
    const order = duty ? asOrder(duty) : nextOrder(walk, known);
    const makers = chance.is(0.1) ? members : members.filter(({ role }) => order.roles.includes(role));
    const maker = chance.of(makers).staffId;
    const made = await act(walk, maker, order.name, { ...order.args, reason: 'a walk' });
    count(house, `${order.name} ${made.status}`);
    if (made.status !== 202) continue;
    const checkers = members.filter(({ role }) => order.checkers.includes(role)).map(({ staffId }) => staffId);
    await decide(walk, house, { ...order, maker, checkers, number: made.number });
  }
}

/** More would leave nobody whose SIM proves anything: the network's word holds for days. */
const swapsMax = 12;

/** SIMs are changed behind people's numbers, often behind one that was sent a code; for moments the network doesn't answer. */
export async function swapSims({ around, world, tally, pass, isOver }: Walk): Promise<void> {
  const { chance, crowd, codesSentTo } = around;
  while (!isOver()) {
    await sleep(400 + chance.below(1_600));
    await pass();
    if (world.network.swaps.size < swapsMax) {
      const msisdn = chance.of(
        codesSentTo.length > 0 && chance.is(0.4) ? codesSentTo : crowd.phones.map((phone) => phone.msisdn),
      );
      world.network.swaps.set(msisdn, world.clock.now());
      tally.simSwaps += 1;
    }
    if (!chance.is(0.1)) continue;
    world.network.isDown = true;
    await sleep(300);
    world.network.isDown = false;
  }
}

interface Order {
  readonly name: string;
  readonly roles: readonly string[];
  readonly checkers: readonly string[];
  readonly args: Readonly<Record<string, string>>;
}

function asOrder({ name, args }: Duty): Order {
  const command = commands.find((one) => one.name === name);
  if (!command) throw new Error(`there is no command ${name}`);
  return { name, args, roles: command.roles, checkers: command.checkers ?? [] };
}

function nextOrder(walk: Walk, known: typeof commands): Order {
  const [lockedOut] = walk.around.chance.is(0.5) ? walk.locked : [];
  if (lockedOut !== undefined) walk.locked.delete(lockedOut);
  const unlock = lockedOut === undefined ? undefined : known.find(({ name }) => name === 'unlock');
  const { name, roles, usage, checkers = [] } = unlock ?? walk.around.chance.of(known);
  const args = unlock && lockedOut !== undefined ? { who: lockedOut } : argumentsFor(name, usage, walk);
  return { name, roles, checkers, args };
}

interface Proposed {
  readonly name: string;
  readonly maker: string;
  /** Who may decide over it. */
  readonly checkers: readonly string[];
  readonly number: string;
}

/** A second person decides, sometimes twice at once; sometimes whoever made it tries to. */
async function decide(walk: Walk, house: House, { name, maker, checkers, number }: Proposed): Promise<void> {
  const { chance } = walk.around;
  const checker = chance.is(0.1) ? maker : chance.of(checkers);
  const decision = chance.is(0.8) ? 'approve' : 'reject';
  const decided = await Promise.all(
    Array.from({ length: chance.is(0.2) ? 2 : 1 }, () =>
      act(walk, checker, `acts/${number}/${decision}`, { reason: 'seen' }),
    ),
  );
  for (const { status } of decided) count(house, `${name} ${decision} ${status}`);
  if (checker === maker && decision === 'approve' && decided.some(({ status }) => status === 200))
    violate(walk.tally, 'an act approved by who made it', `${name} by ${maker}`);
}

const count = ({ acts }: House, what: string): void => void acts.set(what, (acts.get(what) ?? 0) + 1);

async function act(
  walk: Walk,
  staffId: string,
  path: string,
  body: Readonly<Record<string, string>>,
): Promise<{ status: number; number: string }> {
  const token = walk.world.tokens[staffId] ?? '';
  const response = await fetch(`${walk.world.baseUrl}/staff/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const isDown = text.includes('"sim_unknown"'); // as the network is for moments
  if (response.status >= 500 && !isDown)
    violate(walk.tally, `the staff's ${path.split('/')[0] ?? ''} failed`, `${JSON.stringify(body)}: ${text}`);
  const number: unknown = response.status === 202 ? (JSON.parse(text) as { number?: unknown }).number : undefined;
  return { status: response.status, number: typeof number === 'string' ? number : '0' };
}

/**
 * Fills `<who> <side: debit|credit> [--until <time>]`: what is between angles is an argument, with its choices where it
 * has some; what is in brackets is left out at times.
 */
function argumentsFor(command: string, usage: string, walk: Walk): Record<string, string> {
  const { chance } = walk.around;
  const given: Record<string, string> = {};
  for (const [whole, option, name = '', choices] of usage.matchAll(/\[?(?:--([\w-]+) )?<([\w-]+)(?:: ([^>]+))?>\]?/g)) {
    if (whole.startsWith('[') && chance.is(0.5)) continue;
    given[option ?? name] =
      choices === undefined || chance.is(0.05)
        ? argumentFor(command, option ?? name, walk)
        : chance.of(choices.split('|'));
  }
  return given;
}

function argumentFor(command: string, name: string, { around: { chance, crowd, codes }, world }: Walk): string {
  const agents = crowd.phones.filter(({ walkers }) => walkers[0]?.role === 'agent');
  const person = () => chance.of(command.startsWith('float') ? agents : crowd.phones).msisdn;
  const plusDays = (days: number) =>
    new Date(world.clock.now().getTime() + days * 86_400_000).toISOString().slice(0, 10);
  const known: Readonly<Record<string, () => string>> = {
    side: () => chance.of(['debit', 'credit', 'all']),
    until: () => `${plusDays(1 + chance.below(3))}T12:00:00Z`,
    time: () => plusDays(chance.below(3)),
    version: () => String(1 + chance.below(9)),
    comments: () => chance.of(['ID seen', 'a shop in Kisumu']),
    tell: () => chance.of(['yes', 'no']),
    date: () => plusDays(chance.below(3)),
    from: () => plusDays(-2),
    to: () => plusDays(0),
    state: () => chance.of(['proposed', 'approved', 'done', 'failed']),
    tier: () => chance.of(['basic', 'standard', 'premium', 'gold']),
    amount: () => chance.of(['10', '250', '4000', '0', 'x']),
    role: () => chance.of(['agent', 'merchant']),
    number: () => String(1 + chance.below(60)),
    kind: () => chance.of(['limits', 'fees', 'tiers']),
    reference: () => references(world, chance) ?? 'ABCDEFGH',
    payment: () => references(world, chance) ?? 'ABCDEFGH',
    case: () => chance.of(codes.length > 0 ? codes : ['1']),
  };
  return known[name]?.() ?? person();
}

/** One that some SMS told lately. */
function references({ sms }: Walk['world'], chance: Walk['around']['chance']): string | undefined {
  const found = sms.sent.slice(-200).flatMap(({ body }) => /\b[A-Z2-9]{8}\b/.exec(body) ?? []);
  return found.length > 0 ? chance.of(found) : undefined;
}
