import type { Express, Request } from 'express';
import { invalidQueryParameter } from '../errors';
import { created, ok, paramOf, queryOf } from '../http';
import { changeAccount, createAccount, findAccount } from './accounts';
import type { LedgerRoutes } from './api';
import { formatAmount } from './amounts';
import { accountUri, type Book, current, dfspAccounts, expireAll } from './book';
import { changeCharge, createCharge } from './charge-book';
import { type Faults, noFaults, readFaults } from './faults';
import { settle } from './settle';
import type { TransferState } from './state';
import { showAccount, showTransfer } from './views';

interface AdminRoutes extends LedgerRoutes {
  setFaults(this: void, faults: Faults): void;
}

/** The ledger's API for the operator of the hub. */
export function ledgerAdmin(app: Express, ledger: AdminRoutes): void {
  const { book } = ledger;
  const operating = (handle: Parameters<LedgerRoutes['endpoint']>[0]) =>
    ledger.endpoint((req) => {
      ledger.operator(req);
      return handle(req);
    });
  app.get(
    '/',
    operating(() => ok({ ledger: book.uris()[0] ?? '' })),
  );
  app.get(
    '/accounts',
    operating(() => ok(dfspAccounts(book).map((account) => showAccount(book, account)))),
  );
  app.post(
    '/accounts',
    operating(({ body }) => created(showAccount(book, createAccount(book, body)))),
  );
  app.get(
    '/accounts/:name',
    operating((req) => ok(showAccount(book, findAccount(book, paramOf(req, 'name'))))),
  );
  app.put(
    '/accounts/:name',
    operating((req) => ok(showAccount(book, changeAccount(book, paramOf(req, 'name'), req.body)))),
  );
  app.get(
    '/charges',
    operating(() => ok([...book.state.charges.values()])),
  );
  app.post(
    '/charges',
    operating(({ body }) => created(createCharge(book, body))),
  );
  app.put(
    '/charges/:name',
    operating((req) => ok(changeCharge(book, paramOf(req, 'name'), req.body))),
  );
  app.get(
    '/transfers',
    operating((req) => ok(listTransfers(book, req))),
  );
  app.get(
    '/settlements',
    operating(() => ok(listSettlements(book))),
  );
  app.post(
    '/webhooks/settle-transfers',
    operating(() => ok(settle(book))),
  );
  for (const path of ['/webhooks/reject-expired-transfers', '/webhooks/reject-transfers']) {
    app.post(
      path,
      operating(() => ok(expireAll(book))),
    );
  }
  app.get(
    '/faults',
    operating(() => ok(ledger.faults())),
  );
  app.put(
    '/faults',
    operating(({ body }) => {
      ledger.setFaults(readFaults(body));
      return ok(ledger.faults());
    }),
  );
  app.delete(
    '/faults',
    operating(() => {
      ledger.setFaults(noFaults());
      return ok(ledger.faults());
    }),
  );
}

const STATES: readonly TransferState[] = ['proposed', 'prepared', 'executed', 'rejected', 'settled'];

/** Fulfilled, cancelled, rejected and unknown transfers, told apart by `state` and `rejection_reason` (30.11.10). */
function listTransfers(book: Book, req: Request): object[] {
  const state = queryOf(req, 'state');
  if (state !== undefined && !STATES.some((one) => one === state)) {
    throw invalidQueryParameter(`'${state}' is not a state of a transfer`, 'state', state);
  }
  return [...book.state.transfers.keys()]
    .map((id) => current(book, id))
    .filter((transfer) => transfer !== undefined)
    .filter((transfer) => state === undefined || transfer.state === state)
    .map(showTransfer);
}

function listSettlements(book: Book): object[] {
  return book.state.settlements.map(({ id, settled_at, transfers, net }) => ({
    id,
    settled_at,
    transfers,
    positions: Object.entries(net).map(([name, units]) => ({
      account: accountUri(book, name),
      net: formatAmount(BigInt(units), book.scale),
    })),
  }));
}
