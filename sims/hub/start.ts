import { createServer } from 'node:http';
import { openJournal } from '../journal/journal';
import { closeServer, listenAt, portOf } from '../servers';
import { createHub, type Hub } from './hub';
import { createMemory } from './memory';
import type { Settings } from './settings';
import { apply, newState, type Entry } from './state';

/** The hub, listening. */
export interface Running {
  readonly port: number;
  readonly hub: Hub;
  readonly close: () => Promise<void>;
}

/**
 * Reads the journal, goes on where it ends and opens the port.
 * @param onFailure - the disk refused a write; the process has to end, since memory is ahead of the disk.
 * @throws Error when the port is taken or the journal is damaged.
 */
export async function startHub(
  settings: Settings,
  onFailure: (error: unknown) => void,
  now: () => number = Date.now,
): Promise<Running> {
  const state = newState();
  const journal = await openJournal<Entry>(settings.dataDir, { replay: (entry) => apply(state, entry), onFailure });
  const { participants, sweepMs, pauseMaxMs } = settings;
  const hub = createHub(participants, { memory: createMemory(journal, state), sweepMs, pauseMaxMs, now });
  const server = createServer(hub.app);
  const close = async (): Promise<void> => {
    await Promise.all([hub.close(), closeServer(server)]);
    await journal.close();
  };
  try {
    await listenAt(server, { ...settings, variable: 'HUB_PORT' });
  } catch (error) {
    await close();
    throw error;
  }
  return { port: portOf(server), hub, close };
}
