import { setTimeout as sleep } from 'node:timers/promises';
import type { Msisdn } from '../platform';
import { sessionKey } from './ending';
import type { UssdHandler, UssdHop, UssdReply } from './port';
import type { Frame, ResumeOffer, SessionRecord } from './sessions';
import { screenOf } from './step';
import { answer, currentScreen, goHome, hangUp, isShowable, open, show, type RunnerDeps, type Turn } from './turn';

export type { RunnerDeps } from './turn';

const answeredMax = 32;
/** Home, a first screen and one behind it: with less, there is nothing that would have to be typed again. */
const worthResuming = 3;
/** The tree that offers to go on where the last call was cut. */
const resumeTree = 'resume';

/**
 * Every hop of every tree. Under the session's lock: a hop seen before gets its stored screen; one that continues the
 * text gets its new answer worked through; one that does neither gets the current screen again, with no effect.
 */
export function createRunner(deps: RunnerDeps): UssdHandler {
  return async (hop) => {
    const dueAtMs = deps.clock.now().getTime() + hop.deadlineMs;
    try {
      const key = sessionKey(hop.provider, hop.sessionId);
      const turn = await deps.sessions.locked(key, hop.deadlineMs, () => takeTurn(deps, hop, dueAtMs));
      return turn.ok ? turn.value : sayOnly(deps, 'kit.busy');
    } catch (error) {
      deps.log.error({ err: error }, 'a hop could not be answered');
      return sayOnly(deps, 'kit.fault');
    }
  };
}

async function takeTurn(deps: RunnerDeps, hop: UssdHop, dueAtMs: number): Promise<UssdReply> {
  const hopKey = deps.hasher.hopKey(hop.provider, hop.sessionId, hop.cumulativeText);
  const stored = await deps.sessions.get(sessionKey(hop.provider, hop.sessionId));
  const record = stored === undefined ? undefined : (JSON.parse(stored) as SessionRecord);
  if (record && record.msisdn !== hop.msisdn) return sayOnly(deps, 'kit.ended');
  const repeated = record?.answered.find((known) => known.hopKey === hopKey);
  if (repeated) return repeated.reply;

  const turn: Turn = {
    hop,
    hopKey,
    dueAtMs,
    record: record ?? newRecord(deps, hop),
    problem: undefined,
    end: undefined,
    choice: undefined,
  };
  if (record?.ended) return sayOnly(deps, 'kit.ended', record.language);
  if (record) await goOn(deps, turn);
  else await begin(deps, turn);
  return settle(deps, turn);
}

function newRecord(deps: RunnerDeps, hop: UssdHop): SessionRecord {
  return {
    msisdn: hop.msisdn,
    serviceCode: hop.serviceCode,
    language: deps.language,
    trail: [],
    page: 0,
    seen: deps.hasher.seen(hop.sessionId, ''),
    answered: [],
    ended: false,
  };
}

/** A session that nobody knows: a dial, a deep dial, or one that we lost. */
async function begin(deps: RunnerDeps, turn: Turn): Promise<void> {
  const { hop } = turn;
  await goHome(deps, turn);
  turn.record = { ...turn.record, seen: deps.hasher.seen(hop.sessionId, hop.cumulativeText) };
  if (turn.end) return;
  if (hop.cumulativeText === '' || hop.underWay) {
    const offered = await offerToResume(deps, turn);
    if (hop.underWay && !offered) turn.problem ??= { text: 'kit.cutOff' };
  } else {
    await walk(deps, turn, hop.cumulativeText.split('*'));
  }
}

/**
 * Inputs that we never saw: typed into the dial string, or in a session that we lost. They lead to a screen and never
 * further than the first that is secret or commits to something, or that does not take its answer: what follows is
 * dropped, a PIN among it unread. After an answer that is not taken the rest was typed for other screens than these.
 */
async function walk(deps: RunnerDeps, turn: Turn, inputs: readonly string[]): Promise<void> {
  for (const typed of inputs) {
    if (turn.end || mustBeSeen(deps, turn)) return;
    const { screen } = currentScreen(deps, turn);
    if (screen.secret || screen.commits) return;
    await answer(deps, turn, typed);
    if (turn.problem) return;
  }
}

async function goOn(deps: RunnerDeps, turn: Turn): Promise<void> {
  const { hop, record } = turn;
  const typed = deps.hasher.newAnswer(hop.sessionId, record.seen, hop.cumulativeText);
  if (!record.trail.every((frame) => isShowable(deps, frame))) {
    hangUp(deps, turn, 'kit.ended', 'kit.ended'); // the trees were replaced under a live session
  } else if (typed !== undefined) {
    turn.record = { ...record, seen: deps.hasher.seen(hop.sessionId, hop.cumulativeText) };
    const theirs = await isStillTheirs(deps, turn);
    if (theirs === 'late') turn.problem = { text: 'kit.slow' };
    else if (!theirs) hangUp(deps, turn, 'kit.ended', 'kit.ended');
    if (theirs !== true) return;
    await answer(deps, turn, typed);
    await choiceOfResuming(deps, turn);
    // Q14: on a shared phone nobody is offered a trail before they have said who they are.
    const isFound = record.personId === undefined && turn.record.personId !== undefined;
    if (isFound && !turn.end) await offerToResume(deps, turn);
  }
}

/** A phone that was taken from a person acts for them no more, from the very next hop on (R43). Asked within the hop's time. */
async function isStillTheirs(deps: RunnerDeps, { record, dueAtMs }: Turn): Promise<boolean | 'late'> {
  if (record.personId === undefined) return true;
  const asked = deps.isOn(record.personId, record.msisdn as Msisdn);
  const waiting = new AbortController();
  const late = sleep(Math.max(0, dueAtMs - deps.clock.now().getTime()), 'late' as const, { signal: waiting.signal });
  late.catch(() => undefined); // there was an answer in time
  asked.catch(() => undefined); // too late to be of use
  return Promise.race([asked, late]).finally(() => waiting.abort());
}

/** Stores what the next hop needs, and the answer for this one's repeats. */
async function settle(deps: RunnerDeps, turn: Turn): Promise<UssdReply> {
  const reply = show(deps, turn);
  const { record, hop } = turn;
  const tellsOutcome = turn.end?.tellsOutcome ?? false;
  const answered = [...record.answered, { hopKey: turn.hopKey, reply, tellsOutcome }].slice(-answeredMax);
  const kept: SessionRecord = { ...record, answered, ended: reply.kind === 'end' };
  await deps.sessions.set(sessionKey(hop.provider, hop.sessionId), JSON.stringify(kept), deps.limits.sessionTtlMs);
  await keepResumeOffer(deps, kept);
  return reply;
}

/** While the call goes on, the person may come back to it; once it has ended, there is nothing to come back to. */
async function keepResumeOffer(deps: RunnerDeps, record: SessionRecord): Promise<void> {
  const key = resumeKey(record);
  if (key === undefined || record.trail.at(-1)?.flow === resumeTree) return;
  const trail = safeTrail(deps, record.trail);
  const offer: ResumeOffer = { trail };
  if (record.ended || trail.length < worthResuming) await deps.sessions.delete(key);
  else await deps.sessions.set(key, JSON.stringify(offer), deps.limits.resumeTtlMs);
}

/** The frames before the first secret one: nobody resumes past a PIN, nor onto the quote that stands beside it. */
function safeTrail(deps: RunnerDeps, trail: readonly Frame[]): readonly Frame[] {
  const secretAt = trail.findIndex((frame) => {
    const flow = deps.flows.get(frame.flow);
    return !flow || screenOf(flow, frame).screen.secret === true;
  });
  return secretAt === -1 ? trail : trail.slice(0, secretAt);
}

async function offerToResume(deps: RunnerDeps, turn: Turn): Promise<boolean> {
  const offer = await loadOffer(deps, turn.record);
  const last = offer?.trail.at(-1);
  if (!last || mustBeSeen(deps, turn)) return false;
  turn.record = { ...turn.record, trail: [] };
  await open(deps, turn, resumeTree, { where: last.flow });
  return true;
}

async function loadOffer(deps: RunnerDeps, record: SessionRecord): Promise<ResumeOffer | undefined> {
  const key = resumeKey(record);
  const stored = key === undefined ? undefined : await deps.sessions.get(key);
  const offer = stored === undefined ? undefined : (JSON.parse(stored) as ResumeOffer);
  return offer?.trail.every((frame) => isShowable(deps, frame)) ? offer : undefined;
}

/** What was chosen on the resume tree's screen: the trail of the call that was cut, or a new one. */
async function choiceOfResuming(deps: RunnerDeps, turn: Turn): Promise<void> {
  if (!turn.choice) return;
  const offer = turn.choice === 'resume' ? await loadOffer(deps, turn.record) : undefined;
  turn.record = { ...turn.record, trail: offer?.trail ?? [], page: 0 };
  if (!offer) await goHome(deps, turn);
}

function mustBeSeen(deps: RunnerDeps, turn: Turn): boolean {
  const { screen, context } = currentScreen(deps, turn);
  return screen.attention?.(context) === true;
}

/**
 * Bound to the person, on a shared phone it would else show one person's payee to another; and to the phone, which what
 * was under way may be about.
 */
function resumeKey({ personId, msisdn, serviceCode }: SessionRecord): string | undefined {
  return personId === undefined ? undefined : `resume:${personId}:${msisdn}:${serviceCode}`;
}

function sayOnly(deps: RunnerDeps, text: 'kit.busy' | 'kit.fault' | 'kit.ended', language = deps.language): UssdReply {
  return { kind: 'end', text: deps.renderer.say(language, text), state: text };
}
