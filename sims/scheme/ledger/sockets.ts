import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { notFound, SchemeError } from '../errors';

interface Options {
  /** Whether the DFSP's account is there. */
  exists(this: void, account: string): boolean;
  /** The account that an URI names; undefined for one of another ledger. */
  accountIn(this: void, uri: string): string | undefined;
  /** @throws SchemeError when this caller may not listen to these accounts. */
  admit(this: void, req: IncomingMessage, accounts?: string[]): void;
}

/** Who listens to what. */
export interface Sockets {
  attach(server: Server): void;
  /** Sends to each socket that listens to one of the accounts, once, however many of them it listens to. */
  publish(accounts: readonly string[], message: Published): void;
  close(): void;
}

export interface Published {
  event: 'transfer.create' | 'transfer.update' | 'message.send';
  resource: object;
  related_resources?: object;
}

interface Listener {
  socket: WebSocket;
  accounts: Set<string>;
  /** `/websocket` speaks JSON-RPC; an account's own path sends the bare notification (4.1.3). */
  rpc: boolean;
  alive: boolean;
}

const PING_MS = 30_000;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const ACCOUNT_PATH = /^\/accounts\/([^/]+)\/transfers\/?$/;

/** The notifications of the ledger: at most once for each change of state, to those who listen at that moment. */
export function createSockets(options: Options): Sockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  const listeners = new Set<Listener>();
  const pinging = setInterval(() => listeners.forEach(ping), PING_MS).unref();

  const listen = (socket: WebSocket, rpc: boolean, accounts: string[]): Listener => {
    const listener: Listener = { socket, rpc, accounts: new Set(accounts), alive: true };
    listeners.add(listener);
    socket.on('pong', () => (listener.alive = true));
    socket.once('close', () => listeners.delete(listener));
    socket.on('error', () => socket.terminate());
    return listener;
  };
  const connect = (socket: WebSocket, req: IncomingMessage): void => {
    const { pathname } = new URL(req.url ?? '/', 'http://ledger');
    if (pathname === '/websocket') {
      const listener = listen(socket, true, []);
      send(listener, { id: null, jsonrpc: '2.0', method: 'connect' });
      socket.on('message', (data) => answer(listener, data, req, options));
      return;
    }
    const account = ACCOUNT_PATH.exec(pathname)?.[1] ?? '';
    const listener = listen(socket, false, [account]);
    if (!options.exists(account)) refuse(listener, notFound());
  };
  const upgrade = (req: IncomingMessage, stream: Duplex, head: Buffer): void => {
    try {
      const { pathname } = new URL(req.url ?? '/', 'http://ledger');
      const account = ACCOUNT_PATH.exec(pathname)?.[1];
      if (account === undefined && pathname !== '/websocket') throw notFound();
      options.admit(req, account === undefined ? undefined : [account]);
      sockets.handleUpgrade(req, stream, head, (socket) => connect(socket, req));
    } catch (error) {
      refuseUpgrade(stream, error);
    }
  };
  return {
    attach: (server) => void server.on('upgrade', upgrade),
    publish: (accounts, message) => {
      for (const listener of listeners) {
        if (accounts.some((account) => listener.accounts.has(account))) send(listener, shape(listener, message));
      }
    },
    close: () => {
      clearInterval(pinging);
      listeners.forEach(({ socket }) => socket.terminate());
      sockets.close();
    },
  };
}

function shape({ rpc }: Listener, { event, ...notification }: Published): object {
  if (!rpc) return notification;
  return { jsonrpc: '2.0', id: null, method: 'notify', params: { event, id: randomUUID(), ...notification } };
}

/** A listener that takes nothing in is dropped: it can ask for each transfer when it is back. */
function send({ socket }: Listener, message: object): void {
  if (socket.bufferedAmount > MAX_WAITING_BYTES) socket.terminate();
  else if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}

function refuse(listener: Listener, error: SchemeError): void {
  listener.accounts.clear();
  send(listener, error.body);
  listener.socket.close();
}

function refuseUpgrade(stream: Duplex, error: unknown): void {
  const refusal =
    error instanceof SchemeError ? error : new SchemeError(400, 'BadRequestError', 'The request is not valid');
  const body = JSON.stringify(refusal.body);
  stream.on('error', () => stream.destroy());
  stream.end(
    [
      `HTTP/1.1 ${refusal.status} Refused`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function ping(listener: Listener): void {
  if (listener.alive) listener.socket.ping();
  else listener.socket.terminate();
  listener.alive = false;
}

const subscription = z.object({
  id: z.union([z.string(), z.number()]),
  jsonrpc: z.literal('2.0'),
  method: z.literal('subscribe_account'),
  params: z.object({ accounts: z.array(z.string()).max(100) }),
});

/** `subscribe_account` replaces what the socket listened to. */
function answer(listener: Listener, data: RawData, req: IncomingMessage, options: Options): void {
  try {
    const { id, params } = readSubscription(data);
    const accounts = params.accounts.map((uri) => {
      const account = options.accountIn(uri);
      if (account === undefined || !options.exists(account)) throw invalidSubscription(`Account ${uri} not found`);
      return account;
    });
    options.admit(req, accounts);
    listener.accounts = new Set(accounts);
    send(listener, { id, jsonrpc: '2.0', result: accounts.length });
  } catch (error) {
    refuse(listener, error instanceof SchemeError ? error : invalidSubscription('The request can not be read'));
  }
}

function readSubscription(data: RawData): z.infer<typeof subscription> {
  const read = subscription.safeParse(JSON.parse((data as Buffer).toString()));
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw invalidSubscription(`${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`.trim());
}

const invalidSubscription = (message: string): SchemeError =>
  new SchemeError(400, 'InvalidSubscriptionRequestError', 'Invalid subscription request', [{ message, params: {} }]);
