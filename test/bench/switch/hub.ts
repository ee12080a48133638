import type { KeyObject } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeKeyPair } from '../../support/keys';
import { signatureHeaders } from '../../../src/switch/fspiop/jws';
import { createHttpClient, type HttpClient } from '../../../src/switch/http';

/** A message of FSPIOP, on its way to or from the provider under measure. */
export interface Wire {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly body?: object;
}

/**
 * The scheme and everybody else in it, as fast as it can be made: it takes what the provider sends, keeps nothing, and signs
 * what it says as `bench`. It is no hub to test against; it is there so that the provider is what is measured.
 */
export interface FastHub {
  readonly url: string;
  /** Sends, signed; rejects at anything but 2xx. */
  tell(message: Wire): Promise<void>;
  /** What the provider says under this path next, `PUT /quotes/<id>` say; rejects at an error. */
  heard(path: string): Promise<Readonly<Record<string, string>>>;
  close(): void;
}

export interface FastHubOptions {
  readonly folder: string;
  readonly providerUrl: () => string;
  /** What is answered to a request of the provider, in its own time. */
  readonly onRequest: (message: Wire) => void;
}

const timeoutMs = 10_000;
export const hubName = 'bench';
export const providerName = 'starhash';

/** Listens; leaves the keys of both sides in `folder`: `<name>.key` and `<name>.pem`. */
export async function startFastHub({ folder, providerUrl, onRequest }: FastHubOptions): Promise<FastHub> {
  await writeKeyPair(folder, providerName);
  const key = await writeKeyPair(folder, hubName);
  const heard = new EventEmitter().setMaxListeners(0);
  const server = createServer((incoming, response) => {
    void receive(incoming, response).then((message) => {
      if (message.method === 'PUT' && heard.emit(message.path.replace(/\/error$/, ''), message)) return;
      onRequest(message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const http = createHttpClient({});
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tell: (message) => send(`${providerUrl()}/fspiop`, message, { http, key }),
    heard: async (expected) => {
      const [message] = (await once(heard, expected, { signal: AbortSignal.timeout(timeoutMs) })) as [Wire];
      if (message.path.endsWith('/error')) throw new Error(`${message.path}: ${JSON.stringify(message.body)}`);
      return message.body as Readonly<Record<string, string>>;
    },
    close: () => {
      http.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Answers at once, as the specification wants it. */
async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<Wire> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const method = incoming.method as Wire['method'];
  response.writeHead(method === 'PUT' ? 200 : 202).end();
  const text = Buffer.concat(chunks).toString();
  return { method, path: incoming.url ?? '', ...(text !== '' && { body: JSON.parse(text) as object }) };
}

async function send(
  base: string,
  { method, path: uri, body }: Wire,
  { http, key }: { readonly http: HttpClient; readonly key: KeyObject },
): Promise<void> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const date = new Date().toUTCString();
  const type = `application/vnd.interoperability.${uri.split('/')[1] ?? ''}+json;version=`;
  const parts = { method, uri, source: hubName, destination: providerName, date };
  const headers = {
    'content-type': `${type}1.1`,
    ...((method === 'POST' || method === 'GET') && { accept: `${type}1` }),
    date,
    'fspiop-source': hubName,
    'fspiop-destination': providerName,
    ...(text !== undefined && signatureHeaders(parts, text, key)),
  };
  const exchange = await http.exchange({ method, url: `${base}${uri}`, headers, body: text, timeoutMs });
  if (exchange.kind === 'answered' && exchange.status < 300) return;
  throw new Error(`${method} ${uri}: ${JSON.stringify(exchange)}`);
}
