import { sentenceOf } from '../../src/admin';
import { loadStaff } from '../../src/app';
import { formatMoney, type Json } from '../../src/platform';
import { atAtm, atPos, type Machine } from '../support/machine';
import { typeAs } from '../support/staff';
import { createCall, type Call, type World } from '../support/world';

/**
 * A transcript is a whole story that a person can read, and a test that replays it to the letter. Lines that begin with
 * `  | ` (a screen), `  = ` (the call has ended) or `  @ ` (an SMS) are what must come; the others are what happens:
 *
 *   # words for the reader
 *   Hamim dials            Hamim dials 1*0712000000        a number instead of a name is a phone that nobody knows
 *   > what is typed        (again) the same hop delivered once more; (code) the code that a customer elsewhere was sent
 *   Hamim texts BAL        an SMS to us                    Hamim texts (code)   the code that they were last sent
 *   (drops) (ends)         the provider's end-of-session event: Incomplete, Success
 *   (11 minutes pass)      (SMS) what has arrived since, in order
 *   (floats)                                                 the workers look at every agent's float, and report the days
 *   (Hamim gets another SIM) (the network is down) (the network is up)
 *   (staff amani unlock Hamim --reason called, ID checked)   what a member does; without a name it is amani
 *   (staff farida approve last)                              the last act, by the second person
 *   (the ATM asks Venya for 1000) (the ATM is told 000000)   a machine of a third provider; (code) as above. And so the POS
 *   (rules limits [{"direction":"out","day":{"count":2}}])   two of the staff change them, ten seconds pass, they hold
 */
export async function replay(
  world: World,
  script: string,
  numberOf: (name: string) => string,
  elsewhere?: Elsewhere,
): Promise<string> {
  const told: string[] = [];
  const stage: Stage = { world, numberOf, elsewhere, call: undefined, read: new Map(), asked: '', expected: [] };
  const lines = script.split('\n');
  for (const [index, line] of lines.entries()) {
    if (isTold(line)) continue;
    const rest = lines.slice(index + 1);
    const next = rest.findIndex((later) => !isTold(later));
    stage.expected = rest.slice(0, next === -1 ? rest.length : next);
    told.push(line, ...(await act(stage, line)));
  }
  return told.join('\n');
}

const isTold = (line: string): boolean => /^ {2}[|=@]/.test(line);

/** Another provider beside the first, for stories of two. */
export interface Elsewhere {
  readonly world: World;
  /** Who is a customer there, by first name. */
  readonly numbers: Readonly<Record<string, string>>;
  /** Of a third provider. */
  readonly machine: Machine;
  /** Lets both do what is due. */
  settle(): Promise<void>;
}

interface Stage {
  readonly world: World;
  readonly numberOf: (name: string) => string;
  readonly elsewhere: Elsewhere | undefined;
  call: Call | undefined;
  /** How many SMS of each provider were read. */
  readonly read: Map<World, number>;
  /** What the machine has asked for last. */
  asked: string;
  /** What the script says that comes now. */
  expected: readonly string[];
}

async function act(stage: Stage, line: string): Promise<string[]> {
  const dial = /^(\S+) dials(?: (\S+))?$/.exec(line);
  if (dial?.[1] !== undefined) {
    stage.call = callBy(stage, dial[1]);
    return screen(await stage.call.dial(dial[2]));
  }
  const text = /^(\S+) texts (.+)$/.exec(line);
  if (text?.[1] !== undefined && text[2] !== undefined) return textTo(stage, stage.numberOf(text[1]), text[2]);
  if (/^\(the (ATM|POS) /.test(line)) return useMachine(stage, line.slice(1, -1));
  if (line.startsWith('> ')) return screen(await callOf(stage).answer(await typedOf(stage, line.slice(2))));
  const note = /^\((.+)\)$/.exec(line)?.[1] ?? '';
  return note === '' ? [] : perform(stage, note);
}

function callBy({ world, elsewhere, numberOf }: Stage, who: string): Call {
  const number = elsewhere?.numbers[who];
  return elsewhere && number !== undefined ? createCall(elsewhere.world, number) : createCall(world, numberOf(who));
}

async function perform(stage: Stage, note: string): Promise<string[]> {
  const { world } = stage;
  const [first = ''] = note.split(' ');
  if (isOfNetwork(stage, note)) return [];
  if (note === 'again') return screen(await callOf(stage).again());
  if (note === 'drops' || note === 'ends') await callOf(stage).end(note === 'drops' ? 'Incomplete' : 'Success');
  else if (note === 'SMS') return messages(stage);
  else if (note === 'floats') {
    await world.services.agents.reportDays();
    await world.services.agents.watchFloats();
  } else if (/^\d+ minutes? pass(es)?$/.test(note)) {
    world.clock.advance(Number(first) * 60_000);
    await settle(stage);
  } else if (first === 'staff') {
    return staffAct(stage, note.slice('staff '.length));
  } else if (first === 'rules') {
    await changeRules(world, note.slice('rules '.length));
  } else throw new Error(`a transcript does not know (${note})`);
  return [];
}

/** Somebody stands at a machine; what it says to them. */
async function useMachine(stage: Stage, note: string): Promise<string[]> {
  const { elsewhere } = stage;
  if (!elsewhere) throw new Error('nobody else is there');
  const told = /^the \w+ is told (.+)$/.exec(note)?.[1];
  const before = elsewhere.machine.codesAsked.length;
  if (told === undefined) stage.asked = await askAt(elsewhere, note);
  else await elsewhere.machine.tell(stage.asked, told === 'nothing' ? no : { code: await typedOf(stage, told) });
  for (let times = 0; times < 4; times += 1) await elsewhere.settle(); // each step is an answer of the other side
  return [`  = ${saidOf(elsewhere.machine, stage.asked, before)}`];
}

const no = { response: 'rejected' } as const;

function askAt({ machine, numbers }: Elsewhere, note: string): Promise<string> {
  const [, kind, who = '', units] = /^the (ATM|POS) asks (\S+) for (\d+)$/.exec(note) ?? [];
  if (units === undefined) throw new Error(`no machine does (${note})`);
  const payer = { idType: 'MSISDN', id: numbers[who]?.slice(1) ?? '', dfspId: 'two' } as const;
  return machine.ask({ payer, amountMinor: BigInt(units) * 100n, type: kind === 'ATM' ? atAtm : atPos });
}

function saidOf({ paid, answers, codesAsked }: Machine, requestId: string, before: number): string {
  const amountMinor = paid.get(requestId);
  if (amountMinor !== undefined) return `paid: ${formatMoney(amountMinor, 'KES')}`;
  const answer = answers.filter((one) => one.requestId === requestId).at(-1);
  if (answer?.state === 'rejected') return answer.error ? `refused: ${answer.error.description}` : 'refused';
  const wanted = codesAsked.slice(before).at(-1);
  return wanted ? `type the code, tries left: ${wanted.triesLeft}` : 'wait';
}

/** What happens in the mobile network; false when it is nothing of that. */
function isOfNetwork({ world: { network, clock }, numberOf }: Stage, note: string): boolean {
  const swapped = /^(\S+) gets another SIM$/.exec(note)?.[1];
  const state = /^the network is (up|down)$/.exec(note)?.[1];
  if (swapped !== undefined) network.swaps.set(numberOf(swapped), clock.now());
  if (state !== undefined) network.isDown = state === 'down';
  return swapped !== undefined || state !== undefined;
}

/** What a provider posts when somebody texts to us. The code is the one that was last told. */
async function textTo({ world }: Stage, from: string, words: string): Promise<string[]> {
  await world.settle();
  const codes = world.sms.sent.flatMap(({ to, body }) => (to === from ? (/\b\d{6}\b/.exec(body) ?? []) : []));
  await world.text(from, words.replace('(code)', codes.at(-1) ?? ''));
  return [];
}

async function changeRules({ services, clock }: World, typed: string): Promise<void> {
  const { db, rules } = services;
  const [kind = ''] = typed.split(' ');
  const body = JSON.parse(typed.slice(kind.length)) as Json;
  const proposed = await db.tx((tx) => rules.propose(tx, { kind, body, reason: 'as the story says', by: 'amani' }));
  if (!proposed.ok) throw new Error(`these rules are wrong: ${JSON.stringify(proposed.detail)}`);
  const approved = await db.tx((tx) => rules.approve(tx, { version: proposed.value.version, by: 'farida' }));
  if (!approved.ok) throw new Error(`these rules are refused: ${approved.error}`);
  clock.advance(10_000);
  await rules.refresh();
}

/** What a member does; a person's first name is their number. */
async function staffAct({ world, numberOf }: Stage, typed: string): Promise<string[]> {
  const [line = '', reason = 'as the story says'] = typed.split(' --reason ');
  const spoken = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
  const isNamed = (await loadStaff()).some(({ staffId }) => staffId === spoken[0]);
  const words = spoken.slice(isNamed ? 1 : 0).map((word) => (/^[A-Z]\w*$/.test(word) ? numberOf(word) : word));
  const done = await typeAs(world, isNamed ? (spoken[0] ?? '') : 'amani', [...words, '--reason', reason]);
  if (!done.ok) return [`  = refused: ${sentenceOf(done.error, done.detail)}`];
  const { says, rows = [], text } = done.value;
  const cells = rows.map((row) => Object.values(row).filter(Boolean).join(' · '));
  return [says, ...cells, ...(text?.split('\n') ?? [])].map((told) => `  = ${told}`);
}

function callOf({ call }: Stage): Call {
  if (!call) throw new Error('nobody has dialled');
  return call;
}

function screen(reply: string): string[] {
  const [prefix, text] = [reply.slice(0, 4), reply.slice(4)];
  if (prefix !== 'CON ' && prefix !== 'END ') return [`  = ${reply}`];
  return [...text.split('\n').map((line) => `  | ${line}`), ...(prefix === 'END ' ? ['  = end'] : [])];
}

async function messages(stage: Stage): Promise<string[]> {
  await settle(stage);
  const worlds = [stage.world, ...(stage.elsewhere ? [stage.elsewhere.world] : [])];
  const fresh = worlds.flatMap((world) => world.sms.sent.slice(stage.read.get(world) ?? 0));
  for (const world of worlds) stage.read.set(world, world.sms.sent.length);
  return inOrderOf(
    stage.expected,
    fresh.map(({ to, body }) => `  @ ${to} ${body.replaceAll('\n', ' / ')}`),
  );
}

async function settle({ world, elsewhere }: Stage): Promise<void> {
  await (elsewhere ?? world).settle();
}

/** `(code)`: what somebody elsewhere was sent last. */
async function typedOf(stage: Stage, typed: string): Promise<string> {
  if (typed !== '(code)') return typed;
  await settle(stage);
  const sent = stage.elsewhere?.world.sms.sent ?? [];
  return sent.flatMap(({ body }) => /^Code (\d{6})/.exec(body)?.[1] ?? []).at(-1) ?? '';
}

/** Phones don't wait for one another: what several get at once is told in the script's order, each phone's own in its. */
function inOrderOf(expected: readonly string[], told: readonly string[]): string[] {
  const phoneOf = (line: string) => line.split(' ')[3];
  const left = [...told];
  const ordered = expected.flatMap((line) => {
    const index = left.findIndex((one) => phoneOf(one) === phoneOf(line));
    return index === -1 ? [] : left.splice(index, 1);
  });
  return [...ordered, ...left];
}
