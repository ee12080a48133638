import express, { type Router } from 'express';
import { z } from 'zod';
import { parse } from '../errors';
import { msisdnSchema } from '../people';
import { type Faults, faultsChangeSchema, NO_FAULTS } from './faults';
import { messagingHandler, type SmsDeps } from './sms';

// In a query string a `+` that nobody escaped arrives as a space.
const messagesQuery = z.object({
  to: z.preprocess((to) => (typeof to === 'string' ? to.replace(/^ ?(?=\d)/, '+') : to), msisdnSchema),
});

/**
 * What the gateway and its tests call: `POST /version1/messaging` as at Africa's Talking,
 * `GET /messages?to=` to read an inbox, `GET` and `PUT /faults` to misbehave.
 */
export function aggregatorRoutes({ inboxes, ...deps }: Omit<SmsDeps, 'faults'>): Router {
  let faults: Faults = NO_FAULTS;
  const router = express.Router();
  const form = express.urlencoded({ extended: false, limit: '64kb', parameterLimit: 50 });
  router.post('/version1/messaging', form, messagingHandler({ ...deps, inboxes, faults: () => faults }));
  router.get('/messages', (req, res) => {
    const { to } = parse(messagesQuery, req.query);
    res.json({ messages: inboxes.list(to) });
  });
  router.get('/faults', (_req, res) => {
    res.json(faults);
  });
  router.put('/faults', (req, res) => {
    const { sms = faults.sms, delayMs = faults.delayMs } = parse(faultsChangeSchema, req.body);
    faults = { sms, delayMs };
    res.json(faults);
  });
  return router;
}
