import { setTimeout as sleep } from 'node:timers/promises';
import { send } from './send';

/** A message of FSPIOP as it goes over a hub: its bytes are kept, since somebody may have signed them. */
export interface Letter {
  readonly method: string;
  /** From the service on: `/transfers/…`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** What is to happen to the next letters of a kind, e.g. `PUT /transfers` to `payee`. */
export interface Fault {
  readonly method: string;
  readonly resource: string;
  readonly to: string;
  readonly action: 'drop' | 'hold' | 'twice';
  times: number;
}

export interface Post {
  /** Brings a letter to a participant, at the third attempt if need be. Never throws. */
  bring(to: string, letter: Letter): void;
  faults: Fault[];
  /** Brings what was held. */
  release(): void;
  /** What was brought and how it was answered, e.g. `PUT /quotes → payer 200`. */
  readonly log: string[];
  /** Whatever is under way has come to its end. */
  idle(): Promise<void>;
}

const attemptsMax = 3;

/** `addresses`: where each participant is reached, without a slash at the end. */
export function createPost(addresses: ReadonlyMap<string, string>): Post {
  const underWay = new Set<Promise<void>>();
  let held: (() => void)[] = [];
  const post: Post = {
    faults: [],
    log: [],
    bring: (to, letter) => {
      const resource = letter.path.split('/')[1] ?? '';
      const fault = post.faults.find(
        (one) => one.times > 0 && one.method === letter.method && one.resource === resource && one.to === to,
      );
      if (fault) fault.times -= 1;
      const name = `${letter.method} /${resource} → ${to}`;
      if (fault?.action === 'drop') post.log.push(`${name} dropped`);
      else if (fault?.action === 'hold') held.push(() => carry(to, letter, name));
      else carry(to, letter, name);
      if (fault?.action === 'twice') carry(to, letter, name);
    },
    release: () => {
      const letters = held;
      held = [];
      for (const letter of letters) letter();
    },
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
  const carry = (to: string, letter: Letter, name: string): void => {
    const way = deliver(addresses.get(to), letter).then((result) => {
      post.log.push(`${name} ${result}`);
      underWay.delete(way);
    });
    underWay.add(way);
  };
  return post;
}

async function deliver(address: string | undefined, { method, path, headers, body }: Letter): Promise<string> {
  if (address === undefined) return 'nowhere';
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { status, text } = await send({ url: `${address}${path}`, method, headers, body, timeoutMs: 5_000 });
      if (status < 500) return `${status} ${text}`.trim();
    } catch {
      // down, or not there yet
    }
    if (attempt >= attemptsMax) return 'unreachable';
    await sleep(100 * attempt);
  }
}
