import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How a connection is lost: before the batch arrives, while the server works on it, or with the answer on its way. */
export type Cut = 'before' | 'during' | 'after';

/** Stands between a ledger and its database, and loses connections when it is told to. */
export interface Proxy {
  readonly url: string;
  /** Loses the connection of the next batch in this way. */
  cut(how: Cut): void;
  /** Loses all connections and lets nobody in until it is up again. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** The name of the prepared statement that posts a batch, as each message of the driver has it. */
const batchMark = 'ledger.post';

export async function createProxy(serverUrl: string): Promise<Proxy> {
  const target = new URL(serverUrl);
  const open = new Set<Socket>();
  const cuts: Cut[] = [];
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${port}`;

  async function listen(at: number): Promise<Server> {
    const made = createServer((client) => join(client));
    made.listen(at, '127.0.0.1');
    await once(made, 'listening');
    return made;
  }

  function join(client: Socket): void {
    const upstream = connect(Number(target.port), target.hostname);
    let cut: Cut | undefined;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    // Without the client the server is left alone with its work, as when a machine dies.
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
    client.on('data', (data) => {
      if (data.includes(batchMark)) cut ??= cuts.shift();
      if (cut !== 'before') upstream.write(data);
      if (cut === 'before' || cut === 'during') client.destroy();
    });
    upstream.on('data', (data) => {
      if (cut === 'after') client.destroy();
      else client.write(data);
    });
  }

  const down = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {
    url: url.href,
    cut: (how) => void cuts.push(how),
    down,
    up: async () => void (server = await listen(port)),
    close: down,
  };
}
