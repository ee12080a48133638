import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Place {
  readonly host: string;
  readonly port: number;
  /** The variable that chooses the port: whoever finds it taken is told. */
  readonly variable: string;
}

/** @throws Error when the port is taken. */
export function listenAt(server: Server, { host, port, variable }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `port ${port} on ${host} is taken; choose another with ${variable}`;
      reject(error.code === 'EADDRINUSE' ? new Error(taken) : error);
    });
    server.listen(port, host, resolve);
  });
}

/** Where it listens; 0 before it does. */
export const portOf = (server: Server): number => (server.address() as AddressInfo | null)?.port ?? 0;

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
