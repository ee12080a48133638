import type { IncomingMessage } from 'node:http';
import type { Express } from 'express';
import { callers, type Caller, sameText } from './auth';
import { directoryRoutes } from './directory/routes';
import { applyDirectory, type DirectoryEvent, type DirectoryState, newDirectory } from './directory/state';
import { forbidden, unauthorised } from './errors';
import { applyFraud, type FraudEvent, fraudRoutes } from './fraud/routes';
import { endpoints, newApp } from './http';
import type { Journal } from '../journal/journal';
import { passwordCheck } from './ledger/accounts';
import { ledgerAdmin } from './ledger/admin';
import { ledgerApi, type LedgerRoutes } from './ledger/api';
import { accountIn, type Book, dfspAccount, expireAll, newBook, pause } from './ledger/book';
import { noFaults } from './ledger/faults';
import { createSockets, type Published, type Sockets } from './ledger/sockets';
import { apply, type LedgerEvent, type LedgerState, newState, type Transfer } from './ledger/state';
import { notificationOf } from './ledger/views';
import { rulesRoutes } from './rules/routes';
import type { Settings } from './settings';

/** One entry of the journal. */
export type Entry =
  | { room: 'ledger'; event: LedgerEvent }
  | { room: 'directory'; event: DirectoryEvent }
  | { room: 'fraud'; event: FraudEvent };

/** All that the services remember; `replay` brings it back. */
interface Memory {
  ledger: LedgerState;
  directory: DirectoryState;
  scores: Map<string, number>;
}

export const newMemory = (): Memory => ({
  ledger: newState(),
  directory: newDirectory(),
  scores: new Map<string, number>(),
});

export function replay(memory: Memory, entry: Entry): void {
  if (entry.room === 'ledger') apply(memory.ledger, entry.event);
  else if (entry.room === 'directory') applyDirectory(memory.directory, entry.event);
  else applyFraud(memory.scores, entry.event);
}

export type ServiceName = keyof Settings['ports'];

interface Options {
  settings: Settings;
  memory: Memory;
  journal: Journal<Entry>;
  /** Where each service listens, e.g. `http://localhost:3000`; known once it does. */
  urls(this: void, service: ServiceName): string[];
  now(this: void): Date;
}

/** The central services behind their HTTP sides. `close` stops the sweep and the sockets; the caller closes servers. */
export interface Scheme {
  apps: Record<ServiceName, Express>;
  sockets: Sockets;
  close(): void;
}

/** Puts the rooms together: the ledger, the directory, the rules and fraud sharing. */
export function createScheme(options: Options): Scheme {
  const { settings, memory, journal, urls, now } = options;
  const endpoint = endpoints(() => journal.durable());
  let faults = noFaults();
  const publish = (accounts: string[], message: Published): void =>
    sockets.publish(
      accounts.filter((account) => !faults.silentAccounts.includes(account)),
      message,
    );
  const book = newBook({
    state: memory.ledger,
    scale: settings.scale,
    precision: settings.precision,
    openingFunds: settings.openingFunds,
    now,
    append: (event) => journal.append({ room: 'ledger', event }),
    uris: () => [...settings.ledgerUris, ...urls('api')],
    changed: (transfer, event) => {
      const message = { event, ...notificationOf(transfer) };
      void journal.durable().then(() => publish(partiesOf(transfer), message));
    },
  });
  const ledgerCaller = callers({ admin: settings.admin, check: passwordCheck(book) });
  const guard = guards(settings, ledgerCaller);
  const sockets = createSockets({
    exists: (account) => dfspAccount(book, account) !== undefined,
    accountIn: (uri) => accountIn(book, uri),
    admit: guard.listener,
  });
  const ledger: LedgerRoutes = {
    book,
    endpoint,
    currency: settings.currency,
    caller: guard.caller,
    operator: guard.operator,
    holder: (req, account) => guard.listener(req, [account]),
    faults: () => faults,
    publish,
  };
  const sweep = setInterval(() => expireAll(book), settings.sweepMs);
  return {
    sockets,
    apps: {
      api: newApp((app) => ledgerApi(app, ledger)),
      admin: newApp((app) => ledgerAdmin(app, { ...ledger, setFaults: (given) => (faults = given) })),
      directory: newApp((app) => directory(app, options, book)),
      rules: newApp((app) => rulesRoutes(app, { endpoint, limit: settings.transferLimit, scale: settings.scale })),
      fraud: newApp((app) =>
        fraudRoutes(app, {
          endpoint,
          scores: memory.scores,
          commit: (event) => {
            applyFraud(memory.scores, event);
            journal.append({ room: 'fraud', event });
          },
        }),
      ),
    },
    close: () => {
      clearInterval(sweep);
      sockets.close();
    },
  };
}

const partiesOf = ({ debits, credits }: Transfer): string[] => [...debits, ...credits].map(({ account }) => account);

function directory(app: Express, { settings, memory, journal, urls }: Options, book: Book): void {
  const state = memory.directory;
  directoryRoutes(app, {
    state,
    endpoint: endpoints(() => journal.durable()),
    caller: callers({
      admin: settings.admin,
      check: (name, secret) => {
        const dfsp = state.dfsps.get(name);
        return dfsp !== undefined && sameText(dfsp.secret, secret);
      },
    }),
    commit: (event) => {
      applyDirectory(state, event);
      journal.append({ room: 'directory', event });
    },
    uri: () => (settings.directoryUri === '' ? (urls('directory')[0] ?? '') : settings.directoryUri),
    types: settings.identifierTypes,
    defaultDfsp: settings.defaultDfsp,
    // The directory knows a DFSP by its name, the ledger often by the short one.
    onPause: ({ name, shortName = name }, paused) =>
      [...new Set([name, shortName])].forEach((account) => pause(book, account, paused)),
  });
}

/** Who may do what at the ledger. With `open` only credentials that come are looked at. */
function guards({ auth }: Settings, callerOf: (req: IncomingMessage) => Caller) {
  const caller = (req: IncomingMessage): Caller => {
    const found = callerOf(req);
    if (auth === 'basic' && found.kind === 'nobody') throw unauthorised('Credentials are needed');
    return found;
  };
  return {
    caller,
    operator: (req: IncomingMessage): void => {
      if (caller(req).kind === 'dfsp') throw forbidden('This is for the operator of the hub');
    },
    listener: (req: IncomingMessage, accounts: string[] = []): void => {
      const found = caller(req);
      if (found.kind === 'dfsp' && accounts.some((account) => account !== found.name)) {
        throw forbidden('A DFSP hears and reads only of its own account');
      }
    },
  };
}
