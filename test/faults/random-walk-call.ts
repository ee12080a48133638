import { languages, measure } from '../../src/ussd';
import type { Call, Screen } from '../support/phone';
import { codesIn, typeFor, type Caller, type Errand, type Sight, type Surroundings } from './random-walk-mind';
import type { Phone, Walker } from './random-walk-people';
import type { WalkWorld } from './random-walk-world';

/** What the walks of a run have in common. */
export interface Walk {
  readonly world: WalkWorld;
  readonly around: Surroundings;
  readonly tally: Tally;
  /** Everybody stands still at it when time is to leap; resolves when they may go on. */
  readonly pass: () => Promise<void>;
  /** Counts the leaps: what was answered before one may be forgotten after it. */
  readonly leaps: () => number;
  readonly isOver: () => boolean;
  /** Phones whose person was told that their PIN is locked. */
  readonly locked: Set<string>;
  /** What every phone has shown. */
  readonly shown: Shown[];
}

/** A screen that a phone has shown, in a call that was dialled then. */
export interface Shown {
  readonly msisdn: string;
  readonly dialledAt: Date;
  readonly text: string;
}

/** What has come of it so far. */
export interface Tally {
  hops: number;
  calls: number;
  repeats: number;
  older: number;
  twice: number;
  dropped: number;
  twins: number;
  /** Calls for something. */
  errands: number;
  simSwaps: number;
  /** PINs that were typed where none was asked for: they are no secret after that. */
  pinsTold: number;
  readonly states: Map<string, number>;
  readonly violations: Map<string, { count: number; example: string }>;
}

export const emptyTally = (): Tally => ({
  ...{ hops: 0, calls: 0, repeats: 0, older: 0, twice: 0, dropped: 0, twins: 0 },
  ...{ errands: 0, simSwaps: 0, pinsTold: 0 },
  states: new Map(),
  violations: new Map(),
});

/** Notes what must not be: each kind once with an example, and how often. */
export function violate({ violations }: Tally, kind: string, example: string): void {
  const before = violations.get(kind);
  violations.set(kind, { count: (before?.count ?? 0) + 1, example: before?.example ?? example });
}

const budget = { gsm7: 160, ucs2: 80 } as const;
const hopsMax = 30;
/** The gateway takes 2,000 letters of a session. */
const typedMax = 1_500;

/** One call from the dial to its end, by whoever has this phone in hand. */
export async function makeCall(walk: Walk, phone: Phone, errand?: Errand): Promise<void> {
  const open = await dial(walk, { phone, errand, deep: errand ? '' : deepDial(walk.around) });
  if (errand) walk.tally.errands += 1;
  for (let hop = 0; hop < hopsMax && isGoingOn(walk, open); hop += 1) {
    await walk.pass();
    if (await goesAway(walk, open)) return;
    const typed = typeFor(sightOf(walk, open.call.screen()), open.caller, walk.around);
    await type(walk, open, typed);
    await maybeAgain(walk, open);
  }
  await open.call.end(open.call.screen().kind === 'END' ? 'Success' : 'Incomplete');
}

/**
 * Two calls step by step: of one phone twice, or of two people who hold one account. What one types the other types at
 * the same moment, but for the PIN, so that they come to one screen together and decide over one thing at once.
 */
export async function makeTwinCalls(walk: Walk, [first, second]: readonly [Phone, Phone]): Promise<void> {
  walk.tally.twins += 1;
  const twins = await Promise.all([dial(walk, { phone: first, deep: '' }), dial(walk, { phone: second, deep: '' })]);
  const [lead] = twins;
  for (let hop = 0; hop < hopsMax && twins.some((open) => isGoingOn(walk, open)); hop += 1) {
    await walk.pass();
    const typed = typeFor(sightOf(walk, lead.call.screen()), lead.caller, walk.around);
    const theirs = alsoTyped(walk, twins, typed);
    await Promise.all(
      twins.filter((open) => isGoingOn(walk, open)).map((open) => type(walk, open, open === lead ? typed : theirs)),
    );
  }
  await Promise.all(twins.map(({ call }) => call.end(call.screen().kind === 'END' ? 'Success' : 'Incomplete')));
}

/** The same as the first types; a PIN is one's own, and is typed where the screen asks for one. */
function alsoTyped(walk: Walk, [lead, other]: readonly [Open, Open], typed: string): string {
  const [leads, sight] = [sightOf(walk, lead.call.screen()), sightOf(walk, other.call.screen())];
  if (!leads.screen?.secret && !sight.screen?.secret) return typed;
  const isPin = sight.screen?.secret === true && /^\d{6}$|^\d{4}$/.test(typed);
  return isPin && other.caller.walker ? other.caller.walker.pin : typeFor(sight, other.caller, walk.around);
}

/** A call that is being made. */
interface Open {
  readonly call: Call;
  readonly dialledAt: Date;
  readonly caller: Caller;
  /** Each hop's text and what it was answered, with how many leaps there had been. */
  readonly answered: { readonly typed: string; readonly screen: Screen; readonly leaps: number }[];
}

async function dial(
  walk: Walk,
  { phone, deep, errand }: { phone: Phone; deep: string; errand?: Errand | undefined },
): Promise<Open> {
  await walk.pass();
  walk.tally.calls += 1;
  const caller: Caller = { phone, walker: phone.walkers[0], draft: {}, ...(errand && { errand }) };
  const dialledAt = walk.world.clock.now();
  const call = await walk.world.phone.dial(phone.msisdn, deep);
  const open: Open = { call, dialledAt, caller, answered: [] };
  look(walk, open, { typed: deep, before: undefined });
  return open;
}

function deepDial({ chance, crowd, codes, wall }: Surroundings): string {
  if (!chance.is(0.1)) return '';
  // A shop's number on its wall, an invoice's code in an SMS: dialled as they stand there.
  if (chance.is(0.5)) {
    const number = chance.of([...codes.slice(-10), ...wall, '1']);
    return chance.of([number, `3*${number}`, `3*${number}*35`]);
  }
  const number = chance.of(crowd.phones).msisdn.slice(1);
  return chance.of([
    `1*${number}`,
    `1*${number}*25`,
    '3',
    '2*1',
    '7*1*2',
    number,
    '10000057',
    '9*1',
    `1*${number}*25*9999`,
  ]);
}

const isGoingOn = (walk: Walk, { call }: Open): boolean =>
  call.screen().kind === 'CON' && call.text().length < typedMax && !walk.isOver();

/** The line is cut, as it is now and then; or it is nobody's hop that comes now, but an older one once more. */
async function goesAway(walk: Walk, open: Open): Promise<boolean> {
  const { chance } = walk.around;
  if (!chance.is(0.03)) return false;
  walk.tally.dropped += 1;
  await open.call.end(chance.is(0.8) ? 'Incomplete' : 'Failed');
  return true;
}

/** Types it; sometimes the network delivers it twice at once. */
async function type(walk: Walk, open: Open, typed: string): Promise<void> {
  const { call } = open;
  const sight = sightOf(walk, call.screen());
  const share = sight.screen?.commits ? 0.12 : 0.015;
  const leaps = walk.leaps();
  // Whoever types a PIN where words are asked for has told it: it stands wherever the words do, and nobody could know.
  if (!sight.screen?.secret && walk.around.crowd.typedPins.delete(typed)) walk.tally.pinsTold += 1;
  const first = call.answer(typed);
  if (walk.around.chance.is(share)) {
    walk.tally.twice += 1;
    const second = await call.repeat();
    await first;
    compare(walk, open, { what: 'a hop that came twice at once', screen: second, expected: call.screen(), leaps });
  }
  await first;
  look(walk, open, { typed, before: sight });
}

/** The provider had no answer, or an older hop comes out of some queue. */
async function maybeAgain(walk: Walk, open: Open): Promise<void> {
  const { chance } = walk.around;
  if (chance.is(0.03)) {
    walk.tally.repeats += 1;
    const leaps = open.answered.at(-1)?.leaps ?? 0;
    const screen = await open.call.repeat();
    compare(walk, open, { what: 'a hop that came again', screen, expected: open.call.screen(), leaps });
  }
  if (chance.is(0.015) && open.answered.length > 1) {
    walk.tally.older += 1;
    const older = chance.of(open.answered.slice(-20));
    const screen = await open.call.hop(older.typed);
    compare(walk, open, { what: 'an older hop that came again', screen, expected: older.screen, leaps: older.leaps });
  }
}

interface Comparison {
  readonly what: string;
  readonly screen: Screen;
  readonly expected: Screen;
  readonly leaps: number;
}

/** Said again, unless the session is so old that it was forgotten, or there was no time to look. */
function compare(walk: Walk, { caller }: Open, { what, screen, expected, leaps }: Comparison): void {
  walk.tally.hops += 1;
  inspect(walk, caller, screen);
  const isBusy = [screen, expected].some(({ state }) => state === 'kit.busy' || state === 'kit.fault');
  if (isBusy || leaps !== walk.leaps() || screen.text === expected.text) return;
  const said = `${expected.state}: ${JSON.stringify(expected.text)}, then ${screen.state}: ${JSON.stringify(screen.text)}`;
  violate(walk.tally, `${what} was answered otherwise`, said);
}

function sightOf({ world }: Walk, { state = '', text }: Screen): Sight {
  return { state, text, screen: world.screenOf(state) };
}

/** Takes in what came: counts it, judges it, and learns from it. */
function look(walk: Walk, open: Open, { typed, before }: { typed: string; before: Sight | undefined }): void {
  const { tally, around } = walk;
  const { call, caller } = open;
  const screen = call.screen();
  tally.hops += 1;
  open.answered.push({ typed: call.text(), screen, leaps: walk.leaps() });
  inspect(walk, caller, screen);
  walk.shown.push({ msisdn: caller.phone.msisdn, dialledAt: open.dialledAt, text: screen.text });
  around.codes.push(...codesIn(screen.text));
  if (!before) around.codes.push(...walk.world.inbox(caller.phone.msisdn).slice(-2).flatMap(codesIn));
  around.codes.splice(0, Math.max(0, around.codes.length - 60));
  learn(walk, caller, { typed, before, screen });
}

/** What no screen may ever be. */
function inspect({ tally, world }: Walk, { phone }: Caller, { kind, text, status, state = 'none' }: Screen): void {
  tally.states.set(state, (tally.states.get(state) ?? 0) + 1);
  const said = `${phone.msisdn} at ${state}: ${JSON.stringify(text)}`;
  if (status !== 200) violate(tally, `an answer of ${status}`, said);
  else if (kind === undefined) violate(tally, 'an answer that is no screen', said);
  // As much of its sentence as no squeezing takes away.
  const faults = languages.map((language) => world.services.renderer.say(language, 'kit.fault').slice(0, 18));
  if (faults.some((fault) => text.includes(fault))) violate(tally, `something went wrong at ${state}`, said);
  const { alphabet, units } = measure(text);
  if (units > budget[alphabet]) violate(tally, `a screen of ${units} in ${alphabet} at ${state}`, said);
  if (/\{\{|\[\d:|undefined|\bnull\b|NaN/.test(text)) violate(tally, `a hole in the text of ${state}`, said);
}

interface Lesson {
  readonly typed: string;
  readonly before: Sight | undefined;
  readonly screen: Screen;
}

/** Who is calling, whose PIN is which, and who was locked out. */
function learn(walk: Walk, caller: Caller, lesson: Lesson): void {
  const { before, screen } = lesson;
  const { state = '' } = screen;
  if (before?.state.startsWith('main.')) caller.walker = chosenPerson(caller, lesson) ?? caller.walker;
  learnPhone(walk, caller, screen);
  comeOrGo(walk, caller, state);
  if (caller.walker) learnPin(caller.walker, caller, lesson);
  const isRefused = screen.kind === 'END' && /refused|locked/i.test(state);
  if (before?.screen?.secret && isRefused) walk.locked.add(caller.phone.msisdn);
}

/** Where a phone has several people, whoever's name was on the line that was picked. */
function chosenPerson({ phone }: Caller, { typed, before }: Lesson): Walker | undefined {
  const chosen = before?.text.split('\n').find((line) => line.startsWith(`${typed.trim()} `));
  return chosen === undefined ? undefined : phone.walkers.find(({ firstName }) => chosen.includes(firstName));
}

function learnPin(walker: Walker, { draft }: Caller, { typed, before, screen: { state = '' } }: Lesson): void {
  if (state === 'new-pin.set') {
    if (draft.newPin !== undefined) knowPin(walker, draft.newPin);
  } else if (before?.screen?.secret && before.state === state && typed === walker.pin) {
    // It was wrong: perhaps another call has changed it meanwhile.
    walker.pin = walker.pins[(walker.pins.indexOf(walker.pin) + 1) % walker.pins.length] ?? walker.pin;
  }
}

/** The caller has one phone more, or one less: its number is the first on the screen. */
function learnPhone({ around }: Walk, { walker }: Caller, { state, text }: Screen): void {
  const number = /\+\d{12}/.exec(text)?.[0];
  const phone = around.crowd.phones.find(({ msisdn }) => msisdn === number);
  if (!phone || !walker) return;
  const at = phone.walkers.indexOf(walker);
  if (state === 'phone-request.added' && at === -1) phone.walkers.push(walker);
  else if (state === 'phones.removed' && at !== -1) phone.walkers.splice(at, 1);
}

function knowPin(walker: Walker, pin: string): void {
  walker.pin = pin;
  walker.pins.unshift(pin);
}

/** Somebody who has just registered. */
function newWalker({ draft }: Caller): Walker {
  const pin = draft.newPin ?? '';
  return {
    firstName: draft.firstName ?? '?',
    lastName: draft.lastName ?? '',
    birthDate: '1990-01-31',
    nationalId: draft.nationalId ?? '',
    role: 'customer',
    customerId: undefined,
    pin,
    pins: [pin],
  };
}

function comeOrGo(walk: Walk, caller: Caller, state: string): void {
  if (state === 'signup.done') settle(walk, caller, newWalker(caller));
  else if (state === 'close-profile.closed') forget(walk, caller);
}

/** Whoever has left is on no phone any more. */
function forget({ around }: Walk, { walker }: Caller): void {
  for (const { walkers } of around.crowd.phones) {
    const at = walker ? walkers.indexOf(walker) : -1;
    if (at !== -1) walkers.splice(at, 1);
  }
}

function settle({ around }: Walk, caller: Caller, walker: Walker): void {
  caller.walker = walker;
  caller.phone.walkers.unshift(walker);
  around.crowd.walkers.push(walker);
}
