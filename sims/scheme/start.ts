import { createServer, type Server } from 'node:http';
import { openJournal } from '../journal/journal';
import { closeServer, listenAt, portOf } from '../servers';
import { createScheme, type Entry, newMemory, replay, type ServiceName } from './scheme';
import type { Settings } from './settings';

/** The central services, listening. */
export interface Running {
  ports: Record<ServiceName, number>;
  close: () => Promise<void>;
}

const SERVICES: readonly ServiceName[] = ['api', 'admin', 'directory', 'rules', 'fraud'];

/**
 * Reads the journal and opens every port, the ledger's own last, so that whoever reaches it reaches all.
 * @param onFailure - the disk refused a write; the process has to end, since memory is ahead of the disk.
 * @throws Error when a port is taken or the journal is damaged.
 */
export async function startScheme(
  settings: Settings,
  onFailure: (error: unknown) => void,
  now: () => Date = () => new Date(),
): Promise<Running> {
  const memory = newMemory();
  const journal = await openJournal<Entry>(settings.dataDir, {
    replay: (entry) => replay(memory, entry),
    onFailure,
  });
  const servers = new Map<ServiceName, Server>();
  const urls = (service: ServiceName): string[] => {
    const server = servers.get(service);
    if (server === undefined) return [];
    return ['localhost', '127.0.0.1'].map((host) => `http://${host}:${portOf(server)}`);
  };
  const scheme = createScheme({ settings, memory, journal, urls, now });
  const close = async (): Promise<void> => {
    scheme.close();
    await Promise.all([...servers.values()].map(closeServer));
    await journal.close();
  };
  try {
    for (const service of [...SERVICES].reverse()) {
      const server = createServer(scheme.apps[service]);
      if (service === 'api') scheme.sockets.attach(server);
      servers.set(service, server);
      const { host, ports } = settings;
      await listenAt(server, { host, port: ports[service], variable: `SCHEME_${service.toUpperCase()}_PORT` });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const ports = Object.fromEntries([...servers].map(([service, server]) => [service, portOf(server)]));
  return { ports: ports as Record<ServiceName, number>, close };
}
