import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Clock, Log } from '../platform';
import type { ActResult } from './acts';
import { sentenceOf, staffErrors, type StaffError } from './errors';
import type { Member } from './member';
import { createRateLimit } from './rate-limit';
import { commands } from './registry';
import type { Staff } from './staff';

export interface StaffRouteOptions {
  readonly staff: Staff;
  readonly clock: Clock;
  readonly log: Log;
}

const bodyMax = '16kb';
const bodyWithFileMax = '2mb';
const minuteMs = 60_000;
const requestsMax = 120;
/** Of an address, with tokens that open nothing. */
const failuresMax = 10;
const actName = /^(\d{1,18}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The staff's door: `POST /staff/v1/<command>`, `POST /staff/v1/acts/<id or number>/approve|reject`, `GET /staff/v1/acts`.
 * Bodies are flat JSON objects: the command's arguments and `reason`. The header `Idempotency-Key`, a UUIDv7, becomes the
 * act's id, so that a request whose answer was lost can be sent again. Errors: `{error: {code, message, field?}}`.
 */
export function createStaffRoutes({ staff, clock, log }: StaffRouteOptions): Router {
  const door = express.Router({ caseSensitive: true });
  door.use((_req, res, next) => {
    res.set({
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    });
    next();
  });
  door.use(admit({ staff, clock }));
  const reading = (limit: string) => express.json({ limit, strict: true, type: () => true });
  const body = reading(bodyMax);
  const withFile = commands.filter(({ takesFile }) => takesFile === true).map(({ name }) => `/${name}`);
  door.use(withFile, json, reading(bodyWithFileMax)); // what was read here is not read again below

  door.get('/acts', async (_req, res: Response<unknown, Known>) => {
    send(res, await staff.make(res.locals.by, { command: 'acts', args: {}, reason: undefined, actId: undefined }));
  });
  door.post('/acts/:act/:decision', json, body, async (req, res: Response<unknown, Known>) => {
    const { act, decision } = req.params as { act: string; decision: string };
    const given = fieldsOf(req.body);
    if (!actName.test(act) || (decision !== 'approve' && decision !== 'reject')) {
      refuse(res, 'act_unknown');
      return;
    }
    if (!given) {
      refuse(res, 'body_unreadable');
      return;
    }
    const [strange] = Object.keys(given.args);
    if (strange !== undefined) {
      refuse(res, 'argument_invalid', { field: strange, why: 'is not known here' });
      return;
    }
    send(res, await staff.decide(res.locals.by, { act, decision, reason: given.reason }));
  });
  door.post('/:command', json, body, async (req, res: Response<unknown, Known>) => {
    const given = fieldsOf(req.body);
    if (!given) {
      refuse(res, 'body_unreadable');
      return;
    }
    const actId = req.get('idempotency-key')?.toLowerCase();
    if (actId !== undefined && !uuidV7.test(actId)) {
      refuse(res, 'argument_invalid', { field: 'Idempotency-Key', why: 'must be a UUIDv7' });
      return;
    }
    const { command } = req.params as { command: string };
    send(res, await staff.make(res.locals.by, { command, ...given, actId }));
  });
  door.use((_req, res) => {
    refuse(res.status(405).set('Allow', 'POST'), 'command_unknown', {}, 405);
  });
  door.use(unreadable(log));

  const router = express.Router();
  router.use('/staff/v1', door);
  return router;
}

/** Lets a member's token in, so often a minute; an address that only guesses is let in no more. */
function admit({ staff, clock }: Pick<StaffRouteOptions, 'staff' | 'clock'>) {
  const failures = createRateLimit({ clock, max: failuresMax, windowMs: minuteMs });
  const requests = createRateLimit({ clock, max: requestsMax, windowMs: minuteMs });
  return async (req: Request, res: Response<unknown, Known>, next: NextFunction): Promise<void> => {
    const address = req.socket.remoteAddress ?? '';
    if (failures.isOver(address)) {
      refuse(res, 'too_many');
      return;
    }
    const token = /^Bearer (\S{1,200})$/.exec(req.get('authorization') ?? '')?.[1];
    const member = token === undefined ? undefined : await staff.authenticate(token);
    if (!member?.ok) {
      failures.count(address);
      refuse(res, member?.error ?? 'token_unknown');
      return;
    }
    requests.count(member.value.staffId);
    if (requests.isOver(member.value.staffId)) {
      refuse(res, 'too_many');
      return;
    }
    res.locals.by = member.value;
    next();
  };
}

interface Known extends Record<string, unknown> {
  by: Member;
}

/** Only JSON is read, and only where it says so: no form of a strange page gets here. */
function json(req: Request, res: Response, next: NextFunction): void {
  if (/^application\/json( *;.*)?$/i.test(req.get('content-type') ?? '')) next();
  else refuse(res, 'content_type');
}

function fieldsOf(sent: unknown): { args: Record<string, unknown>; reason: string | undefined } | undefined {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return undefined;
  const { reason, ...args } = sent as Record<string, unknown>;
  if (reason !== undefined && typeof reason !== 'string') return undefined;
  return { args, reason };
}

function send(res: Response, result: ActResult): void {
  if (!result.ok) {
    refuse(res, result.error, result.detail);
    return;
  }
  const { number, ...answer } = result.value;
  res.status(result.value.state === 'proposed' ? 202 : 200);
  res.json({ ...answer, ...(number !== undefined && { number: number.toString() }) });
}

type Details = Readonly<Record<string, string | number>>;

function refuse(res: Response, code: StaffError, details: Details = {}, as?: number): void {
  const { field } = details;
  const message = sentenceOf(code, details);
  res.status(as ?? staffErrors[code][0]).json({ error: { code, message, ...(field !== undefined && { field }) } });
}

/** Bodies too long, cut short or compressed; and what went wrong on our side, which is nobody's business. */
function unreadable(log: Log) {
  return (error: unknown, _req: Request, res: Response, next: NextFunction): void => {
    const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
    if (res.headersSent) {
      next(error);
      return;
    }
    if (status === 413) {
      refuse(res, 'body_too_large');
      return;
    }
    if (status >= 400 && status < 500) {
      refuse(res, 'body_unreadable');
      return;
    }
    log.error({ err: error }, 'a request of the staff could not be answered');
    refuse(res, 'failed');
  };
}
