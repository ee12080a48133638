import type { Express, Request } from 'express';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Caller } from '../auth';
import { forbidden, invalidUriParameter, unprocessable } from '../errors';
import { created, type Endpoint, ok, paramOf, parseBody, type Reply } from '../http';
import { createAccount, findAccount } from './accounts';
import { accountIn, accountUri, type Book, dfspAccount } from './book';
import { quoteCharges } from './charge-book';
import { type Faults, holdPrepare } from './faults';
import { positionOf, positions } from './positions';
import { readText } from './proposal';
import { settle } from './settle';
import type { Published } from './sockets';
import { statementOf } from './statement';
import { find, fulfil, fulfillmentOf, prepare, reject } from './transfers';
import { showAccount, showTransfer } from './views';

/** What the ledger's routes need. */
export interface LedgerRoutes {
  book: Book;
  endpoint: Endpoint;
  currency: { code: string | null; symbol: string | null };
  /** @throws SchemeError (401) for wrong credentials, and for none where they must come. */
  caller(this: void, req: Request): Caller;
  /** @throws SchemeError (401, 403) for anyone but the operator of the hub. */
  operator(this: void, req: Request): void;
  /** @throws SchemeError (403) for a DFSP that asks about an account of another. */
  holder(this: void, req: Request, account: string): void;
  faults(this: void): Faults;
  publish(this: void, accounts: string[], message: Published): void;
}

/** The ledger's API for DFSPs: chapter 4. */
export function ledgerApi(app: Express, ledger: LedgerRoutes): void {
  const { book, endpoint, caller, operator } = ledger;
  const names = { scale: book.scale, uri: (name: string) => accountUri(book, name) };
  app.get(
    '/',
    endpoint(() => ok(metadata(ledger))),
  );
  app.post(
    '/accounts',
    endpoint(({ body }) => created(showAccount(book, createAccount(book, body)))),
  );
  app.get(
    '/accounts/:name',
    endpoint((req) => {
      caller(req);
      return ok(showAccount(book, findAccount(book, paramOf(req, 'name'))));
    }),
  );
  app.get(
    '/accounts/:name/transfers',
    endpoint((req) => {
      const name = paramOf(req, 'name');
      ledger.holder(req, name);
      return ok(statementOf(book, findAccount(book, name), req));
    }),
  );
  app.get(
    '/positions',
    endpoint((req) => {
      caller(req);
      return ok({ positions: positions(book.state, names) });
    }),
  );
  app.get(
    '/positions/:name',
    endpoint((req) => {
      caller(req);
      return ok(positionOf(findAccount(book, paramOf(req, 'name')), names));
    }),
  );
  app.post(
    '/charges/quote',
    endpoint((req) => {
      caller(req);
      return ok(quoteCharges(book, ledger.currency, req.body));
    }),
  );
  app.post(
    '/messages',
    endpoint((req) => sendMessage(ledger, req.body, caller(req))),
  );
  app.post(
    '/webhooks/settle-transfers',
    endpoint((req) => {
      operator(req);
      return ok(settle(book));
    }),
  );
  transferRoutes(app, ledger);
}

function transferRoutes(app: Express, ledger: LedgerRoutes): void {
  const { book, endpoint, caller } = ledger;
  app.put(
    '/transfers/:id',
    endpoint(async (req) => {
      const id = transferId(req);
      const asks = caller(req);
      await holdPrepare(ledger.faults());
      const { transfer, isNew } = prepare(book, id, req.body, asks);
      return { status: isNew ? 201 : 200, body: showTransfer(transfer) };
    }),
  );
  app.get(
    '/transfers/:id',
    endpoint((req) => {
      caller(req);
      return ok(showTransfer(find(book, transferId(req))));
    }),
  );
  // The seed writes fulfillment; the later ledger took either spelling for one.
  for (const path of ['/transfers/:id/fulfillment', '/transfers/:id/fulfilment']) {
    app.put(
      path,
      endpoint((req) => fulfilEndpoint(ledger, req)),
    );
    app.get(
      path,
      endpoint((req) => {
        caller(req);
        return ok(fulfillmentOf(book, transferId(req)));
      }),
    );
  }
  app.put(
    '/transfers/:id/rejection',
    endpoint((req) => {
      const message = readText(req.body, 'rejection');
      reject(book, transferId(req), message, caller(req));
      return ok(message);
    }),
  );
}

async function fulfilEndpoint(ledger: LedgerRoutes, req: Request): Promise<Reply> {
  const id = transferId(req);
  const asks = ledger.caller(req);
  const text = readText(req.body, 'fulfillment');
  const { holdFulfillMs, acknowledgeFirst } = ledger.faults();
  if (holdFulfillMs > 0 && acknowledgeFirst) {
    find(ledger.book, id);
    void sleep(holdFulfillMs)
      .then(() => fulfil(ledger.book, id, text, asks))
      .catch(() => undefined); // acknowledged already: what became of it is in the notification
    return ok(text);
  }
  if (holdFulfillMs > 0) await sleep(holdFulfillMs);
  fulfil(ledger.book, id, text, asks);
  return ok(text);
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function transferId(req: Request): string {
  const id = paramOf(req, 'id');
  if (!GUID.test(id)) throw invalidUriParameter('id must be a valid GUID', 'id', id);
  return id.toLowerCase();
}

/** What the ledger says of itself: 4.1.4, 4.2.3.1. */
function metadata({ book, currency }: LedgerRoutes): object {
  const ledger = book.uris()[0] ?? '';
  const socket = ledger.replace(/^http/, 'ws');
  return {
    currency_code: currency.code,
    currency_symbol: currency.symbol,
    ledger,
    urls: {
      health: `${ledger}/health`,
      positions: `${ledger}/positions`,
      account: `${ledger}/accounts/:name`,
      accounts: `${ledger}/accounts`,
      transfer: `${ledger}/transfers/:id`,
      transfer_fulfillment: `${ledger}/transfers/:id/fulfillment`,
      transfer_rejection: `${ledger}/transfers/:id/rejection`,
      account_transfers: `${socket}/accounts/:name/transfers`,
      notifications: `${socket}/websocket`,
      send_message: `${ledger}/messages`,
    },
    precision: book.precision,
    scale: book.scale,
  };
}

const uri = z.string('must be a uri');
const messageBody = z.object({
  ledger: uri,
  from: uri,
  to: uri,
  data: z.record(z.string(), z.unknown(), 'must be an object'),
});

/** Passes a message on to the sockets of an account: one of a ledger's core operations (20.3.4). It is not kept. */
function sendMessage({ book, publish }: LedgerRoutes, body: unknown, caller: Caller): Reply {
  const message = parseBody(messageBody, body);
  const [from, to] = [message.from, message.to].map((one) => {
    const name = accountIn(book, one);
    if (name === undefined || dfspAccount(book, name) === undefined) {
      throw unprocessable(`Account ${one} not found`, 'account', one);
    }
    return name;
  });
  if (caller.kind === 'dfsp' && caller.name !== from) throw forbidden('Invalid attempt to send a message');
  publish([to ?? ''], { event: 'message.send', resource: message });
  return created({});
}
