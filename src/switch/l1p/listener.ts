import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createGate, type Log } from '../../platform';
import type { HttpClient } from '../http';

export interface ListenerOptions {
  /** Sees to it that we are a member. Never rejects: who can't be asked about it keeps nobody from listening. */
  readonly ready: () => Promise<void>;
  readonly url: string;
  readonly agentFor: HttpClient['agentFor'];
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** How often what was not told is looked for. */
  readonly catchUpMs: number;
  /** Takes a message as it came. */
  readonly take: (text: string) => Promise<void>;
  /** Looks for what was not told. */
  readonly catchUp: () => Promise<void>;
  readonly log: Log;
}

/** Hears what the ledger says. Its word comes once, to who listens at that moment: the rest is looked for. */
export interface Listener {
  /** Resolves once it listens, or has failed to for the first time; it goes on trying. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const backOffMinMs = 100;
const backOffMaxMs = 10_000;
const pingMs = 20_000;
const messageBytesMax = 65_536;

export function createListener(options: ListenerOptions): Listener {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loops: Promise<void>[] = [];
  return {
    start: () =>
      new Promise((resolve) => {
        loops.push(listenOn(options, signal, resolve), catchUpOn(options, signal));
      }),
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function listenOn(options: ListenerOptions, signal: AbortSignal, tried: () => void): Promise<void> {
  let backOffMs = backOffMinMs;
  for (;;) {
    await options.ready();
    const since = performance.now();
    try {
      await listenOnce(options, signal, tried);
    } catch (error) {
      if (!signal.aborted) options.log.error({ err: error }, 'the ledger is not heard');
    }
    tried();
    await pause(backOffMs, signal);
    if (signal.aborted) return;
    // One that is taken and dropped at once is no better than none.
    backOffMs = performance.now() - since > backOffMaxMs ? backOffMinMs : Math.min(backOffMs * 2, backOffMaxMs);
  }
}

/** Resolves when the connection is over; rejects when there was none. */
async function listenOnce(options: ListenerOptions, signal: AbortSignal, opened: () => void): Promise<void> {
  const { url, headers, timeoutMs, take, catchUp, log } = options;
  const agent = await options.agentFor(url);
  // What comes faster than it can be kept is dropped, and looked for later.
  const gate = createGate({ runningMax: 32, waitingMax: 1_000 });
  const taking = new Set<Promise<void>>();
  const keep = (work: () => Promise<void>): void => {
    const kept = gate
      .pass(work)
      .then((done) => {
        if (done === 'full') log.warn('more is told by the ledger than can be taken');
      })
      .catch((error: unknown) => log.error({ err: error }, 'what the ledger has told was not taken'))
      .finally(() => taking.delete(kept));
    taking.add(kept);
  };
  await new Promise<void>((resolve, reject) => {
    const limits = { handshakeTimeout: timeoutMs, maxPayload: messageBytesMax };
    const socket = new WebSocket(url, { headers, agent, ...limits });
    const end = () => socket.terminate();
    signal.addEventListener('abort', end);
    let alive = true;
    const pinging = setInterval(() => {
      if (!alive) socket.terminate();
      else if (socket.readyState === socket.OPEN) socket.ping();
      alive = false;
    }, pingMs);
    socket.on('pong', () => (alive = true));
    socket.on('open', () => {
      opened();
      keep(catchUp);
    });
    socket.on('message', (data) => {
      alive = true;
      keep(() => take((data as Buffer).toString('utf8')));
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearInterval(pinging);
      signal.removeEventListener('abort', end);
      void Promise.all(taking).then(() => resolve());
    });
    if (signal.aborted) end();
  });
}

/** Also where nobody can listen: some ways let no sockets through. */
async function catchUpOn({ ready, catchUp, catchUpMs, log }: ListenerOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    await pause(catchUpMs, signal);
    if (signal.aborted) return;
    await ready();
    await catchUp().catch((error: unknown) => log.warn({ err: error }, 'what the ledger has not told can not be read'));
  }
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await sleep(durationMs, undefined, { signal }).catch(() => undefined);
}
