import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openJournal } from './journal';
import { createScheme, type Entry, newMemory, replay, type ServiceName } from './scheme';
import type { Settings } from './settings';

/** The central services, listening. */
export interface Running {
  ports: Record<ServiceName, number>;
  close(): Promise<void>;
}

const SERVICES: readonly ServiceName[] = ['api', 'admin', 'directory', 'rules', 'fraud'];

/**
 * Reads the journal and opens every port, the ledger's own last, so that whoever reaches it reaches all.
 * @param onFailure - the disk refused a write; the process has to end, since memory is ahead of the disk.
 * @throws Error when a port is taken or the journal is damaged.
 */
export async function startScheme(settings: Settings, onFailure: (error: unknown) => void): Promise<Running> {
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
  const scheme = createScheme({ settings, memory, journal, urls });
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
      await listen(server, service, settings);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const ports = Object.fromEntries([...servers].map(([service, server]) => [service, portOf(server)]));
  return { ports: ports as Record<ServiceName, number>, close };
}

const portOf = (server: Server): number => (server.address() as AddressInfo | null)?.port ?? 0;

function listen(server: Server, service: ServiceName, { host, ports }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `port ${ports[service]} on ${host} is taken; choose another with SCHEME_${service.toUpperCase()}_PORT`;
      reject(error.code === 'EADDRINUSE' ? new Error(taken) : error);
    });
    server.listen(ports[service], host, resolve);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
