import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';

/** One request that the simulator made. */
export interface Callback {
  path: string;
  form: Record<string, string>;
  metadata: string | undefined;
}

type Reply = (form: Record<string, string>, hop: number) => { body: string; [key: string]: unknown };

/** A gateway that answers by script: `stub.reply` is asked for each hop; `status`, `type`, `metadata` and `delayMs` are optional. */
export async function startStubGateway(): Promise<{
  url: string;
  calls: Callback[];
  reply: Reply;
  status: number;
  close(): Promise<void>;
}> {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [] as Callback[],
    reply: ((form) => ({ body: `CON text was "${form['text'] ?? ''}"` })) as Reply,
    status: 200,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  app.post('/*path', async (req, res) => {
    const form = req.body as Record<string, string>;
    stub.calls.push({ path: req.path, form, metadata: req.get('at-ussd-hop-metadata') });
    if (!/^\/ussd\/africastalking(\/[^/]+)?$/.test(req.path) || req.path.endsWith('/events')) {
      res.status(stub.status).end();
      return;
    }
    const answer = stub.reply(form, stub.calls.length);
    if (typeof answer['metadata'] === 'string') res.set('at-ussd-hop-metadata', answer['metadata']);
    if (typeof answer['delayMs'] === 'number') await new Promise((r) => setTimeout(r, Number(answer['delayMs'])));
    res.status(typeof answer['status'] === 'number' ? answer['status'] : 200);
    res.type(typeof answer['type'] === 'string' ? answer['type'] : 'text/plain').send(answer.body);
  });
  return stub;
}

/** Waits until `look` finds something, at most two seconds. */
export async function eventually<T>(look: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not happen within two seconds');
}
