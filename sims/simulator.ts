import { setMaxListeners } from 'node:events';
import path from 'node:path';
import express, { type Express } from 'express';
import { createGateway } from './aggregator/gateway';
import { createInboxes } from './aggregator/inboxes';
import { aggregatorRoutes } from './aggregator/routes';
import { createSessions } from './aggregator/sessions';
import { answerError } from './errors';
import { mnoRoutes } from './mno/routes';
import { readNetworks, readPeople } from './people';
import { phoneRoutes } from './phone/routes';
import type { Settings } from './settings';

/** The simulators' HTTP side. `close` stops timers and requests under way; the caller closes the server. */
export interface Simulator {
  app: Express;
  close(): void;
}

/**
 * Puts the aggregator, the mobile network and the phones into one express application.
 * @throws Error when the files of the people and the numbers can't be read.
 */
export function createSimulator(settings: Settings): Simulator {
  const closing = new AbortController();
  // Every request and pause under way listens to it: their number is bounded elsewhere.
  setMaxListeners(0, closing.signal);
  const people = readPeople(settings.peopleFile);
  const networks = readNetworks(settings.numbersFile);
  const gateway = createGateway(settings, closing.signal);
  const inboxes = createInboxes();
  const sessions = createSessions({ settings, gateway, networks, closing: closing.signal });

  const app = express();
  app.disable('x-powered-by');
  app.use((_req, res, next) => {
    // The page is whole in itself: nothing from elsewhere, no inline script.
    res.set({ 'Content-Security-Policy': "default-src 'self'; img-src 'self' data:", 'Cache-Control': 'no-store' });
    next();
  });
  app.use(express.json({ limit: '64kb' }));
  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.use(aggregatorRoutes({ gateway, inboxes, networks, closing: closing.signal }));
  app.use('/mno', mnoRoutes(networks));
  app.use('/api', phoneRoutes({ settings, people, sessions, inboxes, gateway, closing: closing.signal }));
  app.use(express.static(path.join(__dirname, 'phone', 'public'), { cacheControl: false }));
  app.use((req, res) => {
    res.status(404).json({ error: `path: there is nothing at ${req.path}`, field: 'path' });
  });
  app.use(answerError);
  return {
    app,
    close: () => {
      closing.abort();
      sessions.close();
    },
  };
}
