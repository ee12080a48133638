import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Account } from './account';
import { reasonOf } from './start-error';

/** PostgreSQL's programs (`home` holds bin, lib and share), and under whom they run: `account`, or ourselves. */
export interface Tools {
  readonly home: string;
  readonly account?: Account | undefined;
}

export type ToolName = 'initdb' | 'postgres';

export interface Outcome {
  readonly ok: boolean;
  /** Everything it printed, or why it could not be started. */
  readonly output: string;
}

/** Starts a program. It gets none of our environment (our settings hold secrets) and a folder that anybody may enter. */
export function spawnTool(
  { home, account }: Tools,
  name: ToolName,
  args: readonly string[],
  options: { detached: boolean; output: number | 'pipe' },
): ChildProcess {
  const program = path.join(home, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return spawn(program, args, {
    cwd: path.parse(home).root,
    env: plainEnvironment(),
    stdio: ['ignore', options.output, options.output],
    detached: options.detached,
    windowsHide: true,
    ...(account && { uid: account.uid, gid: account.gid }),
  });
}

/** Runs a program to its end; never throws. */
export async function runTool(tools: Tools, name: ToolName, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawnTool(tools, name, args, { detached: false, output: 'pipe' });
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.once('error', (error) => resolve({ ok: false, output: reasonOf(error) }));
    child.once('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/** The line of a program's output, or of the server's log, that says why it gave up; without date and level. */
export function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  if (/No space left on device|wrote only \d+ of \d+ bytes/.test(output)) return 'no space left on the disk';
  const told =
    lines.findLast((line) => /\b(FATAL|PANIC):/.test(line)) ??
    lines.findLast((line) => /\berror\b/i.test(line)) ??
    lines.at(-1) ??
    'it said nothing';
  return told
    .replace(/^.*?\b(FATAL|PANIC|ERROR|error):\s*/, '')
    .replace(/^\/.*?\/(postgres|initdb): /, '')
    .trim();
}

function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'LD_LIBRARY_PATH'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...(Object.fromEntries(kept) as NodeJS.ProcessEnv), LC_ALL: 'C', TZ: 'UTC' };
}
