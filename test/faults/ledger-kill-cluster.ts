import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { claimDataDir, loadSecrets, startPostgres } from '../../src/embedded';
import { descendantsOf } from '../support/processes';

/** A PostgreSQL of its own that may be killed, behind an address that stays the same. */
export interface Cluster {
  /** Of the database, through the address that stays. */
  readonly url: string;
  /** kill -9 of all its processes at once, as when the machine loses its power; up again when it resolves. */
  killServer(): Promise<void>;
  /** kill -9 of one process that serves a connection: the server throws everybody out and recovers by itself. */
  killBackend(pick: number): Promise<void>;
  close(): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const folder = await mkdtemp(path.join(tmpdir(), 'starhash-test-kill-'));
  await chmod(folder, 0o711); // run by root, PostgreSQL's account must pass through
  const dataDir = await claimDataDir(path.join(folder, 'data'));
  const { databasePassword: password } = await loadSecrets(dataDir.path);
  const start = () => startPostgres({ dataDir: dataDir.path, password });
  let postgres = await start();
  const relay = await startRelay(() => postgres.port);
  const url = new URL(postgres.url);
  url.host = `127.0.0.1:${relay.port}`;
  const kill = (pid: number): void => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has just gone
    }
  };
  return {
    url: url.href,
    killServer: async () => {
      const pids = [postgres.pid, ...(await descendantsOf(postgres.pid))];
      for (const pid of pids) kill(pid);
      relay.loseAll();
      postgres = await start();
    },
    killBackend: async (pick) => {
      // Its first children are the checkpointer, the writers and the like; the last ones serve connections.
      const children = await descendantsOf(postgres.pid);
      const pid = children[Math.floor(children.length * (0.6 + 0.4 * pick))];
      if (pid !== undefined) kill(pid);
    },
    close: async () => {
      await relay.close();
      await postgres.stop();
      await dataDir.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Relay {
  readonly port: number;
  loseAll(): void;
  close(): Promise<void>;
}

/** The server comes back on another port; whoever is connected knows this one. */
async function startRelay(targetPort: () => number): Promise<Relay> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(targetPort(), '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const loseAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    loseAll,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      loseAll();
      await closed;
    },
  };
}
