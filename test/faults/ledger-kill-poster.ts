import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { assert } from '../../src/platform';
import type { Order, Plan } from './ledger-kill-plan';

/** What the parent heard about one job. */
export interface Heard {
  /** By step: `done` or a refusal. */
  readonly words: string[];
  /** Nothing of it is left to do. */
  done: boolean;
}

/** A posting process: started ahead, because that takes longer than killing it. */
export interface Poster {
  readonly inDoubt: ReadonlySet<number>;
  begin(plan: Plan, options: { inDoubt: readonly number[]; next: number }): void;
  /** Resolves when nothing is under way. */
  pause(): Promise<void>;
  resume(): void;
  kill(): Promise<void>;
  /** Ends by itself when nothing is in doubt. */
  finish(): Promise<void>;
}

export async function startPoster(heard: Map<number, Heard>): Promise<Poster> {
  const script = path.join(__dirname, 'ledger-kill-child.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined);
  const inDoubt = new Set<number>();
  let [onReady, onPaused] = [(): void => undefined, (): void => undefined];
  const ready = new Promise<void>((resolve) => (onReady = resolve));
  const failures: string[] = [];
  eachLine(child, (line) => {
    const [what, index = '', step = '', ...words] = line.split(' ');
    if (what === 'ready') onReady();
    else if (what === 'paused') onPaused();
    else if (what === 'fail') failures.push(line);
    else hear(heard, inDoubt, { what: what ?? '', index: Number(index), step: Number(step), word: words.join(' ') });
  });
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  const say = (order: Order): void => void child.stdin.write(`${JSON.stringify(order)}\n`);
  const told = (): void => assert(failures.length === 0, `a call was rejected: ${failures.join('; ')}`);
  const lives = closed.then(([code, signal]) => {
    throw new Error(`a posting process ended by itself: code ${code ?? 'none'}, signal ${signal ?? 'none'}`);
  });
  lives.catch(() => undefined);
  await Promise.race([ready, lives]);
  return {
    inDoubt,
    begin: (plan, options) => say({ say: 'begin', plan, ...options }),
    pause: async () => {
      const paused = new Promise<void>((resolve) => (onPaused = resolve));
      say({ say: 'pause' });
      await Promise.race([paused, lives]);
      told();
    },
    resume: () => say({ say: 'resume' }),
    kill: async () => {
      child.kill('SIGKILL');
      const [, signal] = await closed;
      assert(signal === 'SIGKILL', 'a posting process ended before it was killed');
      told();
    },
    finish: async () => {
      say({ say: 'finish' });
      const [code] = await closed;
      assert(
        code === 0 && inDoubt.size === 0,
        `a posting process ended with ${code ?? 'a signal'}, ${inDoubt.size} in doubt`,
      );
      told();
    },
  };
}

function eachLine({ stdout }: ChildProcess, tell: (line: string) => void): void {
  let rest = '';
  stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? ''; // half a line was not said
    for (const line of lines) tell(line);
  });
}

interface Said {
  readonly what: string;
  readonly index: number;
  readonly step: number;
  readonly word: string;
}

/** An acknowledged outcome must stay what it was, whoever asks for it again. */
function hear(heard: Map<number, Heard>, inDoubt: Set<number>, { what, index, step, word }: Said): void {
  const job = heard.get(index) ?? { words: [], done: false };
  heard.set(index, job);
  if (what === 'try') inDoubt.add(index);
  if (what === 'done') {
    inDoubt.delete(index);
    job.done = true;
  }
  if (what !== 'ack') return;
  const before = job.words[step];
  assert(
    before === undefined || before === word,
    `job ${index}: step ${step} was acknowledged as ${before}, then as ${word}`,
  );
  job.words[step] = word;
}
