import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../../support/database';
import { close, listen, urlOf } from '../../support/listen';
import { startScheme, type Scheme } from './participants';
import { headers } from './wire';

/** A hub that does nothing but keep what it is sent. */
export interface Peer {
  readonly url: string;
  /** What a message of this kind told, `PUT /quotes/…`, when there were so many of them. Fails after five seconds. */
  sent(line: string, times?: number): Promise<unknown>;
  /** How many messages were of such a kind. */
  count(line: RegExp): number;
  close(): Promise<void>;
}

export async function startPeer(): Promise<Peer> {
  const letters: { readonly line: string; readonly body: string }[] = [];
  const server = createServer((req, res) => {
    void textOf(req).then((body) => {
      letters.push({ line: `${req.method ?? ''} ${req.url ?? ''}`, body });
      res.writeHead(req.method === 'PUT' ? 200 : 202).end();
    });
  });
  await listen(server);
  return {
    url: urlOf(server),
    sent: async (line, times = 1) => {
      const found = () => letters.filter((letter) => letter.line === line);
      for (const deadline = Date.now() + 5_000; found().length < times && Date.now() < deadline;) await sleep(5);
      expect([line, found().length]).toEqual([line, times]);
      const body = found().at(-1)?.body ?? '';
      return body === '' ? undefined : (JSON.parse(body) as unknown);
    },
    count: (line) => letters.filter((letter) => line.test(letter.line)).length,
    close: () => close(server),
  };
}

/** Asks a participant as `payer` does, in a version that it is to be answered in. Resolves to the status. */
export async function callAs(
  { url, version }: { readonly url: string; readonly version: string },
  method: string,
  path: string,
  body?: object,
): Promise<number> {
  const plain = headers('payer', 'payee', /[A-Za-z]+/.exec(path)?.[0] ?? '', version);
  const given = { ...plain, accept: plain['content-type'] ?? '' };
  const sent = { method, headers: given, ...(body && { body: JSON.stringify(body) }) };
  return (await fetch(`${url}/fspiop${path}`, sent)).status;
}

async function textOf(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return text;
}

/** Two providers, the payee's behind a peer that keeps what it says; on databases of their own. */
export async function startBehindPeer(): Promise<{ scheme: Scheme; peer: Peer; close: () => Promise<void> }> {
  const databases = { payer: await createTestDatabase(), payee: await createTestDatabase() };
  const peer = await startPeer();
  const scheme = await startScheme(databases, { payee: { switchUrl: peer.url } });
  return {
    scheme,
    peer,
    close: async () => {
      await scheme.close();
      await peer.close();
      await databases.payer.drop();
      await databases.payee.drop();
    },
  };
}
