import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createDb, type Db } from '../../../src/platform';

/** What the server did at a moment, in milliseconds since 1970. */
export interface Sighting {
  readonly atMs: number;
  readonly lanes: readonly LaneSighting[];
  /** What else was under way: a checkpoint, tables that autovacuum was in. */
  readonly others: readonly string[];
  /** How long the gateway's thread has waited for a processor since it began. */
  readonly starvedMs: number;
}

/** A connection of the gateway. */
export interface LaneSighting {
  readonly pid: number;
  /** What it waited for while it had work; `running` when for nothing; undefined without work. */
  readonly what: string | undefined;
  readonly starvedMs: number;
}

export interface LogFiles {
  readonly atMs: number;
  readonly files: number;
  /** Log files that were there, used again under the next numbers. */
  readonly newest: string;
}

export interface Trace {
  readonly sightings: readonly Sighting[];
  readonly logFiles: readonly LogFiles[];
}

const everyMs = 5;
const filesEveryMs = 250;

/** Runs in a thread of its own, so that it goes on looking while the gateway's stands still. */
async function trace(port: NonNullable<typeof parentPort>, url: string): Promise<void> {
  const db = createDb({ url, connectionsMax: 2, onError: () => undefined });
  const sightings: Sighting[] = [];
  const logFiles: LogFiles[] = [];
  const stopping = new AbortController();
  port.once('message', () => stopping.abort());
  let filesAt = 0;
  while (!stopping.signal.aborted) {
    sightings.push(await look(db));
    if (epochMs() - filesAt > filesEveryMs) {
      filesAt = epochMs();
      const files = await lookAtFiles(db).catch(() => undefined);
      if (files) logFiles.push(files);
    }
    await sleep(everyMs);
  }
  await db.close();
  port.postMessage({ sightings, logFiles } satisfies Trace);
}

async function look(db: Db): Promise<Sighting> {
  const rows = await db.rows<{ lane: boolean; pid: number; what: string | null }>({
    name: 'bench.look',
    text: `select pid, application_name = 'starhash' as lane,
                  case when application_name = 'starhash' and state = 'active'
                       then coalesce(wait_event_type || ':' || wait_event, 'running')
                       when backend_type = 'autovacuum worker' then left(query, 60)
                       when backend_type = 'checkpointer' then backend_type || ' ' || wait_event end as what
           from pg_stat_activity
           where application_name = 'starhash' and datname = current_database()
              or backend_type = 'autovacuum worker'
              or backend_type = 'checkpointer' and wait_event <> 'CheckpointerMain'`,
  });
  const lanes = rows.filter(({ lane }) => lane);
  return {
    atMs: epochMs(),
    lanes: await Promise.all(
      lanes.map(async ({ pid, what }) => ({
        pid,
        what: what ?? undefined,
        starvedMs: await starvedMs(`/proc/${pid}/schedstat`),
      })),
    ),
    others: rows.flatMap(({ lane, what }) => (lane || what === null ? [] : [what])),
    starvedMs: await starvedMs(`/proc/${process.pid}/task/${process.pid}/schedstat`),
  };
}

/** Time on the processor, time waiting for one (nanoseconds), turns. */
async function starvedMs(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return Number(text.split(' ')[1] ?? 0) / 1e6;
}

async function lookAtFiles(db: Db): Promise<LogFiles> {
  const { files, newest } = await db.one<{ files: bigint; newest: string }>({
    name: 'bench.files',
    text: 'select count(*) as files, max(name) as newest from pg_ls_waldir() where length(name) = 24',
  });
  return { atMs: epochMs(), files: Number(files), newest };
}

function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

if (!isMainThread && parentPort) {
  const { url } = workerData as { url: string };
  trace(parentPort, url).catch((error: unknown) => {
    throw error;
  });
}
