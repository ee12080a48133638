import { readFile, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { isAlive, runsPostgresOn, waitUntilGone } from './processes';
import { codeOf, StartError } from './start-error';

/** Fast shutdown, then immediate, then the end of it. The data survive each: what was committed is in the log. */
const stops = [
  ['SIGINT', 6_000],
  ['SIGQUIT', 4_000],
  ['SIGKILL', 2_000],
] as const;

/**
 * Stops the server that a killed starhash left running on `cluster`. Returns its process number, or undefined when
 * there was none. Only for the one who holds the data folder. StartError when it cannot be stopped.
 */
export async function stopOrphan(cluster: string): Promise<number | undefined> {
  const pidFile = path.join(cluster, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const verdict = (await isAlive(pid)) ? await runsPostgresOn(pid, await realpath(cluster)) : 'no';
  if (verdict === 'no') {
    // Another process may have got the number, or its owner is dead but not yet buried: PostgreSQL would take either for
    // a server and refuse to start. Should worker processes live on, it still sees them by their shared memory.
    await rm(pidFile, { force: true });
    return undefined;
  }
  if (verdict === 'unknown') {
    throw new StartError(`a PostgreSQL (pid ${pid}) seems to run on ${cluster} already: stop it, then start again`);
  }
  for (const [signal, timeoutMs] of stops) {
    send(pid, signal);
    if (await waitUntilGone(pid, timeoutMs)) return pid;
  }
  throw new StartError(`a PostgreSQL (pid ${pid}) of an earlier run does not stop: stop it, then start again`);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return;
    throw new StartError(`a PostgreSQL (pid ${pid}) of an earlier run belongs to another user: stop it first`, {
      cause: error,
    });
  }
}
