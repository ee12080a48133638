import { timingSafeEqual, createHash } from 'node:crypto';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { z } from 'zod';
import type { Country, Log } from '../../platform';
import type { ScreenBudget, UssdReply } from '../../ussd';
import type { AggregatorHandlers } from '../port';
import { createForms, finalDeliveryStates } from './forms';

export interface RouteOptions {
  readonly handlers: AggregatorHandlers;
  readonly country: Country;
  /** Africa's Talking signs nothing: the last segment of each path is all that tells it from anybody else. */
  readonly callbackToken: string | undefined;
  readonly hopDeadlineMs: number;
  readonly budget: ScreenBudget;
  readonly log: Log;
}

const provider = 'africastalking';
const bodyMax = '16kb';
/** Echoed to us with the next hop of the session. Screen names only: it is shown on their dashboard. */
const metadataHeader = 'at-ussd-hop-metadata';
const metadataLengthMax = 99;

/** The four callbacks. Replies of USSD are text/plain, `CON ` or `END `; whatever is malformed gets 400 with an `END `. */
export function createRoutes(options: RouteOptions): Router {
  const { handlers, log } = options;
  const forms = createForms(options.country);
  const router = express.Router();
  const body = express.urlencoded({ extended: false, limit: bodyMax, parameterLimit: 50 });

  const callback = <T>(
    paths: string,
    form: z.ZodType<T>,
    answer: (data: T, req: Request, res: Response) => Promise<void>,
  ) =>
    router.post(`${paths}{/:token}`, guard(options.callbackToken), body, async (req, res) => {
      const parsed = form.safeParse(req.body ?? {});
      if (parsed.success) await answer(parsed.data, req, res);
      else malformed(res, parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
    });

  callback('/ussd/africastalking/events', forms.sessionEnd, async ({ sessionId, status, hopsMetadata }, _req, res) => {
    const outcome = ({ Success: 'completed', Incomplete: 'dropped', Failed: 'failed' } as const)[status];
    await handlers.onSessionEnd({ provider, sessionId, outcome, screens: hopsMetadata });
    res.sendStatus(200);
  });

  callback('/ussd/africastalking', forms.hop, async (form, req, res) => {
    const reply = await handlers.onHop({
      provider,
      sessionId: form.sessionId,
      msisdn: form.phoneNumber,
      serviceCode: form.serviceCode,
      network: form.networkCode,
      cumulativeText: form.text,
      underWay: (req.get(metadataHeader) ?? '') !== '' && form.text !== '',
      deadlineMs: options.hopDeadlineMs,
      budget: options.budget,
    });
    sendReply(res, reply);
  });

  callback('/sms/africastalking/inbound', forms.inboundSms, async ({ id, from, text }, _req, res) => {
    await handlers.onSms({ provider, messageId: id, from, text });
    res.sendStatus(200);
  });

  callback('/sms/africastalking/delivery', forms.deliveryReport, async ({ id, status }, _req, res) => {
    const state = finalDeliveryStates[status];
    if (state) await handlers.onDeliveryReport({ providerMessageId: id, state });
    res.sendStatus(200);
  });

  router.use(['/ussd/africastalking', '/sms/africastalking'], unreadable(log));
  return router;
}

function sendReply(res: Response, reply: UssdReply): void {
  const prefix = reply.kind === 'continue' ? 'CON ' : 'END ';
  res.status(200).set(metadataHeader, reply.state.slice(0, metadataLengthMax));
  res.type('text/plain').send(prefix + reply.text);
}

/** The reason names fields and never repeats what was in them. */
function malformed(res: Response, reason: string): void {
  res.status(400).type('text/plain').send(`END This request can't be read. ${reason}`.trim());
}

/** Refuses who does not know the token as if there were nothing here, in the same time whatever they sent. */
function guard(token: string | undefined) {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token ?? '');
  return (req: Request, res: Response, next: NextFunction): void => {
    const given = typeof req.params['token'] === 'string' ? req.params['token'] : '';
    if (timingSafeEqual(digest(given), expected)) next();
    else res.status(404).type('text/plain').send('Not found');
  };
}

/** Bodies too long, cut short, compressed or in an unknown charset. */
function unreadable(log: Log) {
  return (error: unknown, _req: Request, res: Response, next: NextFunction): void => {
    const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
    if (res.headersSent) {
      next(error);
    } else if (status >= 400 && status < 500) {
      malformed(res, '');
    } else {
      log.error({ err: error }, 'a callback could not be answered');
      res.status(500).type('text/plain').send('END Something went wrong on our side. Please dial again.');
    }
  };
}
