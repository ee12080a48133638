import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '../support/customers';
import type { Call, Phone, Screen } from '../support/phone';

/** One payment that a person tried to make, and what they were told of it. Its amount is the payer's only one of that size. */
export interface Attempt {
  readonly payer: Member;
  readonly payee: Member;
  readonly amountMinor: bigint;
  /** `begun`: no PIN was sent. `acknowledged`: the last screen said so. `in doubt`: the hop with the PIN had no answer. `unsent`: it had one, and that was no payment. */
  outcome: 'begun' | 'acknowledged' | 'in doubt' | 'unsent';
  /** As the screen or the notice gave it. */
  reference?: string;
  /** After doubt, the redial: whether the first screen said that this payment is done, and what it said. */
  notice?: 'done' | 'none';
  firstLine?: string;
  /** The PIN was carried out by a process that was started after the call had begun, and had never shown its screens. */
  unseen?: boolean;
  /** How often the hop with the PIN was delivered in all. */
  deliveries: number;
}

export interface Caller {
  readonly me: Member;
  readonly attempts: Attempt[];
  /** Makes calls until told to stop; finishes what is in doubt first. Throws at a screen that nothing explains. */
  readonly run: () => Promise<void>;
}

export interface CallerDeps {
  readonly phone: Phone;
  readonly me: Member;
  readonly others: readonly Member[];
  readonly random: () => number;
  readonly stopping: () => boolean;
  /** The system does not come back: whoever waits for it may go. */
  readonly abandoned: () => boolean;
  /** How many processes have died so far. */
  readonly deaths: () => number;
  /** A PIN is on its way, or its answer was lost: now is when a kill hurts. */
  readonly onMoment: (moment: 'PIN sent' | 'answer lost') => void;
}

const retryMs = 60;
const unreachableMaxMs = 90_000;

/** A person who sends money again and again, and behind them a provider that delivers again what was not answered. */
export function createCaller(deps: CallerDeps): Caller {
  const { me, stopping } = deps;
  const attempts: Attempt[] = [];
  return {
    me,
    attempts,
    run: async () => {
      while (!stopping()) {
        const attempt = nextAttempt(deps, attempts.length);
        attempts.push(attempt);
        await makePayment(deps, attempt);
        await sleep(deps.random() * 40);
      }
    },
  };
}

function nextAttempt({ me, others, random }: CallerDeps, count: number): Attempt {
  const payee = others[Math.floor(random() * others.length)];
  if (!payee) throw new Error('there is nobody to send money to');
  return { payer: me, payee, amountMinor: 100n + BigInt(count), outcome: 'begun', deliveries: 0 };
}

async function makePayment(deps: CallerDeps, attempt: Attempt): Promise<void> {
  const call = await dialHome(deps);
  const bornAfter = deps.deaths();
  if (!(await reachConfirm(attempt, call))) return;
  await sleep(deps.random() * 30);
  const sentAfter = deps.deaths();
  const screen = await sendPin(deps, attempt, call);
  if (screen) readOutcome(attempt, screen);
  else await resolveDoubt(deps, attempt, { call, bornAfter });
  if (attempt.outcome === 'acknowledged' && sentAfter > bornAfter) attempt.unseen = true;
  if (attempt.outcome === 'acknowledged') await call.end('Success').catch(() => undefined);
  else await call.end('Incomplete').catch(() => undefined);
}

/**
 * What the PIN was answered; undefined when that is not known. Now and then the network delivers it twice at once, and
 * now and then it loses the answer: the kill rarely falls between commit and answer by itself, which is a millisecond.
 */
async function sendPin({ random, onMoment }: CallerDeps, attempt: Attempt, call: Call): Promise<Screen | undefined> {
  attempt.deliveries = random() < 0.2 ? 2 : 1;
  const first = call.answer(attempt.payer.pin);
  const second = attempt.deliveries === 2 ? call.repeat() : first;
  onMoment('PIN sent');
  const [one, other] = await Promise.all([first, second].map((hop) => hop.catch(() => undefined)));
  if (one && other && one.text !== other.text) throw new UnexplainedScreen(`${one.text} and then ${other.text}`);
  if (random() >= 0.2) return one ?? other;
  onMoment('answer lost');
  await sleep(random() * 80);
  return undefined;
}

/** The call up to the screen that asks for the PIN; false when it was cut before. */
async function reachConfirm(attempt: Attempt, call: Call): Promise<boolean> {
  try {
    const { payee, amountMinor } = attempt;
    const amount = `${amountMinor / 100n}.${String(amountMinor % 100n).padStart(2, '0')}`;
    for (const [input, expected] of [
      ['1', 'number'],
      [payee.msisdn, 'How much'],
      [amount, 'Enter your PIN to send'],
    ] as const) {
      const { text } = await call.answer(input);
      // The process was killed in the middle of this call: the new one has no such session, and says so.
      if (!text.includes(expected)) {
        await cutShort(call, text);
        return false;
      }
    }
    if (!call.screen().text.includes(`KES ${amount}`))
      throw new UnexplainedScreen(`another amount: ${call.screen().text}`);
    return true;
  } catch (error) {
    if (error instanceof UnexplainedScreen) throw error;
    return false; // the process died under the call
  }
}

async function cutShort(call: Call, text: string): Promise<void> {
  if (!isLostSession(text)) throw new UnexplainedScreen(text);
  await call.end('Incomplete').catch(() => undefined);
}

class UnexplainedScreen extends Error {}

/** What a process that never saw this session may say: it was cut off, or what became of the last payment. */
function isLostSession(text: string): boolean {
  return /cut off|Your last payment|^Welcome |We are starting|We are busy/.test(text);
}

function readOutcome(attempt: Attempt, { kind, text }: Screen): void {
  const reference = /sent to .* Ref ([A-Z0-9]{8})\./.exec(text)?.[1];
  if (kind === 'END' && reference !== undefined) {
    attempt.outcome = 'acknowledged';
    attempt.reference = reference;
  } else if (isLostSession(text) || text.includes('No money has moved')) {
    attempt.outcome = 'unsent';
  } else if (/Something went wrong|We are working on it/.test(text)) {
    attempt.outcome = 'in doubt'; // the database went away under it: the person must look
  } else {
    throw new UnexplainedScreen(`after the PIN: ${kind} ${text}`);
  }
}

/** The provider delivers the hop again, once or twice, also at the same time; then the person dials and reads. */
async function resolveDoubt(
  deps: CallerDeps,
  attempt: Attempt,
  { call, bornAfter }: { call: Call; bornAfter: number },
): Promise<void> {
  attempt.outcome = 'in doubt';
  const sentAfter = deps.deaths();
  const again = async () => {
    attempt.deliveries += 1;
    return reach(
      deps,
      () => call.repeat(),
      (screen) => screen,
    );
  };
  const screens = deps.random() < 0.5 ? [await again()] : await Promise.all([again(), again()]);
  for (const screen of screens) {
    if (readAgain(screen) && sentAfter > bornAfter) attempt.unseen = true;
  }
  await call.end('Incomplete').catch(() => undefined);
  await readNotice(deps, attempt);
}

/** Whether a hop with a PIN that was delivered again says that money was sent; else it must say nothing was done. */
function readAgain({ kind, text }: Screen): boolean {
  const paid = /sent to .* Ref/.test(text);
  if (!paid && !isLostSession(text)) throw new UnexplainedScreen(`delivered again: ${kind} ${text}`);
  return paid;
}

/** The person dials again and reads what came of it. */
async function readNotice(deps: CallerDeps, attempt: Attempt): Promise<void> {
  const { text } = (await reachHome(deps)).screen();
  const notice = /Your last payment is done: KES ([\d,.]+) to .*\. Ref ([A-Z0-9]{8})\./.exec(text);
  const [whole = '0', cents = '00'] = (notice?.[1] ?? '0').replaceAll(',', '').split('.'); // `.00` gives way on a full screen
  const amountMinor = BigInt(`${whole}${cents}`);
  attempt.firstLine = text.split('\n')[0] ?? '';
  attempt.notice = amountMinor === attempt.amountMinor ? 'done' : 'none';
  if (attempt.notice === 'done' && notice?.[2] !== undefined) attempt.reference = notice[2];
}

/** The main menu, past an offer to go on where the last call was cut. */
async function dialHome(deps: CallerDeps): Promise<Call> {
  for (;;) {
    const call = await reachHome(deps);
    const { kind, text } = call.screen();
    if (kind === 'CON' && !text.includes('Start over')) return call;
    if (kind === 'CON') {
      const home = await call.answer('2').catch(() => undefined);
      if (home?.kind === 'CON' && home.text.includes('Send money')) return call;
    }
    await sleep(retryMs);
  }
}

function reachHome(deps: CallerDeps): Promise<Call> {
  const { phone, me } = deps;
  return reach(
    deps,
    () => phone.dial(me.msisdn),
    (call) => call.screen(),
  );
}

/** Tries until the gateway answers and works: it is being started again. */
async function reach<T>(
  { abandoned }: CallerDeps,
  attempt: () => Promise<T>,
  screenOf: (answer: T) => Screen,
): Promise<T> {
  const deadline = performance.now() + unreachableMaxMs;
  for (;;) {
    const answer = await attempt().catch(() => undefined);
    if (answer !== undefined && screenOf(answer).status === 200) return answer;
    if (abandoned() || performance.now() > deadline) throw new Error('the gateway does not come back');
    await sleep(retryMs);
  }
}
