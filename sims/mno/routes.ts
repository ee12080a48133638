import express, { type Router } from 'express';
import { z } from 'zod';
import { parse, Refusal } from '../errors';
import { msisdnSchema, type Network } from '../people';

// In a form or a query string a `+` that nobody escaped arrives as a space.
const msisdn = z.preprocess(
  (typed) => (typeof typed === 'string' ? typed.replace(/^ ?(?=\d)/, '+') : typed),
  msisdnSchema,
);
const swapSchema = z.object({ msisdn, swappedAt: z.iso.datetime({ offset: true }).optional() });
const askedSchema = z.object({ phoneNumber: msisdnSchema });

/** The requests of a client that come with a token; which one is the network's own business. */
const bearer = /^Bearer \S+$/;

/**
 * A mobile network. `POST /sim-swap/v2/retrieve-date` as in CAMARA SIM Swap; by hand `POST /swap` with `msisdn=` puts
 * another SIM behind a number now, or at `swappedAt=`, and `GET /swap?msisdn=` says when that was. By default no SIM was
 * ever changed, but for those of `networks`: at the start of the simulator.
 */
export function mnoRoutes(networks: ReadonlyMap<string, Network>): Router {
  const startedAt = new Date().toISOString();
  const swaps = new Map([...networks].flatMap(([number, { sim }]) => (sim === 'swapped' ? [[number, startedAt]] : [])));
  const router = express.Router();
  const form = express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 5 });
  router.post('/sim-swap/v2/retrieve-date', (req, res) => {
    if (!bearer.test(req.get('authorization') ?? '')) {
      res.status(401).json({ status: 401, code: 'UNAUTHENTICATED', message: 'a bearer token is missing' });
      return;
    }
    const { phoneNumber } = parse(askedSchema, req.body);
    res.json({ latestSimChange: swaps.get(phoneNumber) ?? null });
  });
  router.post('/swap', form, (req, res) => {
    const { msisdn: number, swappedAt = new Date().toISOString() } = parse(swapSchema, req.body);
    if (swaps.size >= 10_000 && !swaps.has(number)) throw new Refusal(507, 'msisdn', 'is one too many');
    swaps.set(number, swappedAt);
    res.json({ msisdn: number, swappedAt });
  });
  router.get('/swap', (req, res) => {
    const { msisdn: number } = parse(z.object({ msisdn }), req.query);
    res.json({ msisdn: number, swappedAt: swaps.get(number) ?? null });
  });
  return router;
}
