import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLanes } from './lanes';
import type { Letter } from './letter';
import type { Memory } from './memory';
import { send } from './send';

/** What is to happen to the next letters of a kind, e.g. `PUT /transfers` to `payee`. */
export interface Fault {
  readonly method: string;
  readonly resource: string;
  readonly to: string;
  readonly action: 'drop' | 'hold' | 'twice';
  times: number;
}

export interface Post {
  /**
   * Brings a letter to a participant, once it is on the disk and again and again until it is taken, also by a later process.
   * Any answer but 5xx has taken it. Only who somebody is and what a payment would cost nobody waits for so long: that is
   * given up.
   */
  bring(to: string, letter: Letter): void;
  faults: Fault[];
  /** Brings what was held. */
  release(): void;
  /** What was brought and how it was answered, e.g. `PUT /quotes → payer 200`. */
  readonly log: string[];
  /** Everything that was to be brought has been taken, or waits for a participant that is away. */
  idle(): Promise<void>;
  /** Lets what is under way come to its end, and tries nothing more. */
  close(): Promise<void>;
}

const attemptTimeoutMs = 10_000;
/** Of what is asked before a PIN: whoever called has hung up by then. */
const questionLifeMs = 10_000;
const questions = new Set(['parties', 'quotes']);
const logMax = 10_000;

/** `addresses`: where each participant is reached, without a slash at the end. Brings first what the journal has left over. */
export function createPost(
  addresses: ReadonlyMap<string, string>,
  { state, commit, durable }: Memory,
  pauseMaxMs: number,
): Post {
  const lanes = createLanes(pauseMaxMs);
  let held: number[] = [];

  const carry = (number: number): void => {
    const waiting = state.letters.get(number);
    if (!waiting) return;
    const { to, letter } = waiting;
    const giveUpAt = questions.has(resourceOf(letter)) ? performance.now() + questionLifeMs : Infinity;
    lanes.add(to, async () => {
      await durable();
      await nextTurn(); // whoever has caused it is answered first
      const isTooLate = performance.now() > giveUpAt;
      const result = isTooLate ? 'unreachable for too long' : await attempt(addresses.get(to), letter);
      if (result === undefined) return false;
      post.log.push(`${nameOf(to, letter)} ${result}`);
      post.log.splice(0, post.log.length - logMax);
      commit({ type: 'brought', number });
      return true;
    });
  };
  const post: Post = {
    faults: [],
    log: [],
    bring: (to, letter) => {
      const fault = takeFault(post.faults, to, letter);
      if (fault === 'drop') {
        post.log.push(`${nameOf(to, letter)} dropped`);
        return;
      }
      for (let copies = fault === 'twice' ? 2 : 1; copies > 0; copies -= 1) {
        const number = state.lastLetter + 1;
        commit({ type: 'letter', number, to, letter });
        if (fault === 'hold') held.push(number);
        else carry(number);
      }
    },
    release: () => {
      const numbers = held;
      held = [];
      numbers.forEach(carry);
    },
    idle: () => lanes.idle(),
    close: () => lanes.close(),
  };
  [...state.letters.keys()].forEach(carry);
  return post;
}

const resourceOf = ({ path }: Letter): string => path.split('/')[1] ?? '';
const nameOf = (to: string, letter: Letter): string => `${letter.method} /${resourceOf(letter)} → ${to}`;

function takeFault(faults: readonly Fault[], to: string, letter: Letter): Fault['action'] | undefined {
  const { method } = letter;
  const fault = faults.find(
    (one) => one.times > 0 && one.method === method && one.resource === resourceOf(letter) && one.to === to,
  );
  if (fault) fault.times -= 1;
  return fault?.action;
}

/** How it was answered; undefined: it has to be brought again. */
async function attempt(
  address: string | undefined,
  { method, path, headers, body }: Letter,
): Promise<string | undefined> {
  if (address === undefined) return 'nowhere';
  try {
    const bytes = body === undefined ? undefined : Buffer.from(body, 'base64');
    const url = `${address}${path}`;
    const { status, text } = await send({ url, method, headers, body: bytes, timeoutMs: attemptTimeoutMs });
    return status < 500 ? `${status} ${text}`.trim() : undefined;
  } catch {
    return undefined; // down, or not there yet
  }
}
