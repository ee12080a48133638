import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import express, { type Router } from 'express';
import { createHub, type Hub } from '../../sims/hub/hub';
import { createCipher, createLog, parseKeyring } from '../../src/platform';
import { createFspiop } from '../../src/switch';
import { close, listen, urlOf } from './listen';
import type { Between } from './two';
import { createMovableClock } from './world';

/** A hub of Mojaloop between two whole providers, each at an address of its own. */
export interface HubBetween extends Between {
  readonly hub: Hub;
  close(): Promise<void>;
}

export async function openHub(names: readonly string[]): Promise<HubBetween> {
  const clock = createMovableClock();
  const routes = new Map<string, Router>();
  const addresses = new Map<string, string>();
  const hub = createHub(addresses);
  const hubServer = await listen(createServer(hub.app));
  const servers = await Promise.all(
    names.map(async (name) => {
      const app = express();
      app.use('/fspiop', (req, res, next) => void routes.get(name)?.(req, res, next));
      const server = await listen(createServer(app));
      addresses.set(name, `${urlOf(server)}/fspiop`);
      return server;
    }),
  );
  return {
    hub,
    clock,
    hopDeadlineMs: 6_000,
    adapterFor: (dfspId, { db }) => {
      const created = createFspiop(
        { dfspId, switchUrl: urlOf(hubServer), timeoutMs: 5_000, quoteLifeMs: 60_000 },
        {
          ...{ db, clock, log: createLog('silent') },
          cipher: createCipher(parseKeyring(`d1:${'1'.repeat(64)}`)),
          secrets: parseKeyring(`${dfspId}:${Buffer.from(dfspId.padEnd(32)).toString('hex')}`),
          digestKey: Buffer.alloc(32, 4),
        },
      );
      routes.set(dfspId, created.routes);
      return created.adapter;
    },
    idle: async () => {
      await hub.post.idle();
      await sleep(50);
    },
    expireDue: () => Promise.resolve(0), // the hub does so by itself
    close: async () => {
      await hub.close();
      await Promise.all([...servers, hubServer].map(close));
    },
  };
}
