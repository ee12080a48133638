import { assert, type Clock, type Log, type Msisdn } from '../platform';
import type { HopHasher } from './cumulative';
import type { UssdHop, UssdReply } from './port';
import type { ReadProblem, Readers } from './readers';
import { navigation, type Renderer } from './render';
import type { Screen, ScreenEvent, Told } from './screen';
import type { Frame, SessionRecord, SessionStore } from './sessions';
import { screenOf, step, type Flow, type Settled, type Start } from './step';
import type { Language, TextKey } from './texts';

export interface RunnerDeps {
  readonly flows: ReadonlyMap<string, Flow>;
  readonly sessions: SessionStore;
  readonly renderer: Renderer;
  readonly readers: Readers;
  readonly hasher: HopHasher;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: RunnerLimits;
  /** Before the caller has chosen one. */
  readonly language: Language;
  /** Whether this phone still is the person's: in the middle of a call it may be taken from them. */
  readonly isOn: (personId: string, msisdn: Msisdn) => Promise<boolean>;
  /** Work that was parked has come to this; the caller was promised an SMS. Not called where a receipt went out already. */
  readonly onLate: (late: { msisdn: string; text: string }) => Promise<void>;
  /** Work that outlives its hop, so that a stop can wait for it. */
  readonly parked: Set<Promise<void>>;
}

export interface RunnerLimits {
  readonly sessionTtlMs: number;
  readonly resumeTtlMs: number;
}

/** One hop being answered. The fields change as its inputs are worked through; nothing of it outlives the hop. */
export interface Turn {
  readonly hop: UssdHop;
  readonly hopKey: string;
  readonly dueAtMs: number;
  record: SessionRecord;
  problem: ReadProblem | undefined;
  /** Set once the call is over: what is shown last. */
  end: { readonly text: string; readonly state: string; readonly tellsOutcome: boolean } | undefined;
  /** What the caller chose when asked whether to go on where the last call was cut. */
  choice: 'resume' | 'startOver' | undefined;
}

/** The first tree of every call. */
const entryTree = 'main';
const trailMax = 16;
const treesMax = 8;

/** The screen that the caller has before them. */
export function currentScreen(deps: RunnerDeps, turn: Turn): { frame: Frame; screen: Screen; context: unknown } {
  const frame = turn.record.trail.at(-1);
  assert(frame, 'an open session has a screen');
  return { frame, ...screenOf(flowFor(deps, frame.flow), frame) };
}

/** True for frames that this build of the trees can show. */
export function isShowable(deps: RunnerDeps, frame: Frame): boolean {
  return deps.flows.get(frame.flow)?.version === frame.version;
}

/** Starts a tree on top of the trail. */
export async function open(deps: RunnerDeps, turn: Turn, flowId: string, input: object): Promise<void> {
  let opening: { flowId: string; input: object } | undefined = { flowId, input };
  for (let trees = 0; opening; trees += 1) {
    assert(trees < treesMax, 'trees open one another without end');
    opening = await advance(deps, turn, flowFor(deps, opening.flowId), { input: opening.input });
  }
}

/** Works through one answer: an option or a valid input first, then the keys of navigation, else the same screen with what was wrong. */
export async function answer(deps: RunnerDeps, turn: Turn, typed: string): Promise<void> {
  turn.problem = undefined;
  const { frame, screen, context } = currentScreen(deps, turn);
  const read = readAnswer(deps, { screen, context }, typed, turn.hopKey);
  if ('type' in read) {
    turn.record = { ...turn.record, page: 0 };
    const next = await advance(deps, turn, flowFor(deps, frame.flow), { frame, event: read });
    if (next) await open(deps, turn, next.flowId, next.input);
  } else if (!(await navigate(deps, turn, typed))) {
    turn.problem = read;
    turn.record = { ...turn.record, page: 0 };
  }
}

/** Ends the call with one sentence. */
export function hangUp(deps: RunnerDeps, turn: Turn, text: TextKey, state: string): void {
  turn.end = { text: deps.renderer.say(turn.record.language, text), state, tellsOutcome: false };
}

/** What the caller sees now. */
export function show(deps: RunnerDeps, turn: Turn): UssdReply {
  if (turn.end) return { kind: 'end', text: turn.end.text, state: turn.end.state };
  const { frame } = currentScreen(deps, turn);
  return { kind: 'continue', text: page(deps, turn).text, state: `${frame.flow}.${frame.state}` };
}

function page(deps: RunnerDeps, turn: Turn): { text: string; pages: number } {
  const { screen, context } = currentScreen(deps, turn);
  const { trail, language, page: at } = turn.record;
  const keys = {
    back: trail.length > 1 && !shadowed(deps, screen, context, navigation.back),
    home: trail.length > 2 && !shadowed(deps, screen, context, navigation.home),
  };
  return deps.renderer.render({
    screen,
    context,
    problem: turn.problem,
    language,
    page: at,
    budget: turn.hop.budget,
    keys,
  });
}

/** A key that is an answer on this screen is an answer, and is not offered as navigation. */
function shadowed(deps: RunnerDeps, screen: Screen, context: unknown, key: string): boolean {
  return 'type' in readAnswer(deps, { screen, context }, key, '');
}

function readAnswer(
  deps: RunnerDeps,
  { screen, context }: { screen: Screen; context: unknown },
  typed: string,
  hopKey: string,
): ScreenEvent | ReadProblem {
  const option = screen.options?.(context).find(({ no }) => String(no) === typed.trim());
  if (option) return { type: 'PICK', option: option.pick, hopKey };
  if (!screen.input) return { text: 'kit.chooseNumber' };
  const read = deps.readers[screen.input](typed);
  return read.ok ? { type: 'ANSWER', value: read.value, hopKey } : read.problem;
}

async function navigate(deps: RunnerDeps, turn: Turn, typed: string): Promise<boolean> {
  const { record } = turn;
  const key = typed.trim();
  const depth = record.trail.length;
  if (key === navigation.back && record.page > 0) turn.record = { ...record, page: record.page - 1 };
  else if (key === navigation.back && depth > 2) turn.record = { ...record, trail: record.trail.slice(0, -1), page: 0 };
  else if (key === navigation.home || (key === navigation.back && depth > 1)) await goHome(deps, turn);
  else if (key === navigation.more && record.page + 1 < page(deps, turn).pages) {
    turn.record = { ...record, page: record.page + 1 };
  } else return false;
  return true;
}

/** The first tree anew: what it says of the caller may have changed since the call began. */
export async function goHome(deps: RunnerDeps, turn: Turn): Promise<void> {
  turn.record = { ...turn.record, trail: [], page: 0 };
  const { flowId, input } = homeOf(turn);
  await open(deps, turn, flowId, input);
}

/** Whoever was found to be calling is not asked again. */
function homeOf({ hop, record }: Turn): { flowId: string; input: object } {
  return { flowId: entryTree, input: { msisdn: hop.msisdn, customerId: record.personId ?? '' } };
}

/** What a tree says last, for the screen that comes next. */
function wordsAbove({ screen, context }: Settled): ReadProblem | undefined {
  const text = typeof screen.text === 'function' ? screen.text(context) : screen.text;
  return text === 'kit.nothing' ? undefined : { text, values: screen.values?.(context) ?? {} };
}

/** Runs a tree until it stands still and takes what came of it into the turn. Returns the tree to open next, if any. */
async function advance(
  deps: RunnerDeps,
  turn: Turn,
  flow: Flow,
  start: Start,
): Promise<{ flowId: string; input: object } | undefined> {
  const landing = await step(flow, start, turn.dueAtMs - deps.clock.now().getTime());
  if (landing.kind === 'late') {
    if (landing.rest) {
      park(deps, turn, landing.rest);
      hangUp(deps, turn, 'kit.parked', `${flow.id}.parked`);
    } else if ('frame' in start) turn.problem = { text: 'kit.slow' };
    else hangUp(deps, turn, 'kit.slow', `${flow.id}.late`);
    return undefined;
  }
  listen(deps, turn, landing.told);
  const { next } = landing;
  if (!next) {
    turn.record = { ...turn.record, trail: withFrame(turn.record.trail, landing.frame), page: 0 };
  } else if ('open' in next) {
    return { flowId: next.open, input: next.input };
  } else if ('home' in next) {
    turn.problem = wordsAbove(landing) ?? turn.problem;
    return homeOf(turn);
  } else if ('resume' in next || 'startOver' in next) {
    turn.choice = 'resume' in next ? 'resume' : 'startOver';
  } else {
    const tellsOutcome = landing.screen.tells !== undefined;
    turn.end = { text: lastWords(deps, turn, landing), state: `${flow.id}.${landing.frame.state}`, tellsOutcome };
  }
  return undefined;
}

/** Coming to a screen that is on the trail already goes back to it: the answers given after it are gone, as they should be. */
function withFrame(trail: readonly Frame[], frame: Frame): readonly Frame[] {
  const at = trail.findLastIndex(({ flow, state }) => flow === frame.flow && state === frame.state);
  const kept = at === -1 ? trail : trail.slice(0, at);
  const room = kept.length < trailMax ? kept : [...kept.slice(0, 1), ...kept.slice(2)];
  return [...room, frame];
}

function listen(deps: RunnerDeps, turn: Turn, told: readonly Told[]): void {
  for (const word of told) {
    if (word.type === 'language') turn.record = { ...turn.record, language: word.language };
    else if (word.type === 'person') turn.record = callOf(turn.record, word.personId);
    else turn.problem = problemOf(deps, word);
  }
}

/** From here on the call is this person's: on a shared phone nothing of what came before is. */
function callOf(record: SessionRecord, personId: string): SessionRecord {
  return { ...record, personId, trail: record.personId === personId ? record.trail : [] };
}

function problemOf(deps: RunnerDeps, word: Extract<Told, { type: 'problem' | 'fault' }>): ReadProblem {
  if (word.type === 'problem') return word.values ? { text: word.text, values: word.values } : { text: word.text };
  deps.log.error({ err: word.error }, 'a service behind a menu failed');
  return { text: 'kit.fault' };
}

function lastWords(deps: RunnerDeps, turn: Turn, { screen, context }: Pick<Settled, 'screen' | 'context'>): string {
  const { language } = turn.record;
  const keys = { back: false, home: false };
  return deps.renderer.render({
    screen,
    context,
    problem: turn.problem,
    language,
    page: 0,
    budget: turn.hop.budget,
    keys,
  }).text;
}

/** The caller has been answered; what becomes of the work is told by SMS, where no receipt tells it anyway. */
function park(deps: RunnerDeps, turn: Turn, rest: Promise<Settled>): void {
  const { msisdn } = turn.hop;
  const afterwards: Turn = { ...turn, problem: undefined };
  const told = rest
    .then(async (landing) => {
      listen(deps, afterwards, landing.told);
      if (landing.next && landing.screen.tells === 'receipt') return;
      await deps.onLate({ msisdn, text: wordsOf(deps, afterwards, landing) });
    })
    .catch((error: unknown) => deps.log.error({ err: error }, 'parked work ended without an outcome'))
    .finally(() => deps.parked.delete(told));
  deps.parked.add(told);
}

/** A last screen whole; of one that waits for an answer only what went wrong: nobody is there to give it. */
function wordsOf(deps: RunnerDeps, turn: Turn, landing: Settled): string {
  const { problem, record } = turn;
  return landing.next || !problem
    ? lastWords(deps, turn, landing)
    : `${deps.renderer.say(record.language, problem.text, problem.values)}\n${deps.renderer.say(record.language, 'kit.noMoneyMoved')}`;
}

function flowFor(deps: RunnerDeps, flowId: string): Flow {
  const flow = deps.flows.get(flowId);
  assert(flow, `there is no tree ${flowId}`);
  return flow;
}
