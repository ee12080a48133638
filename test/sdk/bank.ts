import { createServer, type Server } from 'node:http';
import express from 'express';
import { close, listen } from '../support/listen';

/** The core of the other provider, as its scheme adapter asks for it: it has these customers and takes what comes for them. */
export interface Bank {
  /** `127.0.0.1:1234`. */
  readonly address: string;
  /** What came for its customers, in the order in which it came. */
  readonly received: readonly { readonly to: string; readonly amount: string; readonly currency: string }[];
  /** It takes no money from now on, or takes it again. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

export interface BankCustomer {
  readonly msisdn: string;
  readonly firstName: string;
  readonly lastName: string;
}

export async function startBank(customers: readonly BankCustomer[]): Promise<Bank> {
  const app = express();
  app.use(express.json());
  const received: { to: string; amount: string; currency: string }[] = [];
  let isRefusing = false;
  app.get('/parties/:type/:id', (req, res) => {
    const customer = customers.find(({ msisdn }) => msisdn === req.params.id);
    if (!customer) return void res.status(404).json({ statusCode: '3204', message: 'no such customer' });
    const { msisdn, firstName, lastName } = customer;
    const displayName = `${firstName} ${lastName}`;
    res.json({ idType: req.params.type, idValue: msisdn, displayName, firstName, lastName });
  });
  app.post('/quoterequests', (req, res) => {
    const { quoteId, transactionId, amount, currency } = req.body as Record<string, string>;
    res.json({ quoteId, transactionId, transferAmount: amount, transferAmountCurrency: currency });
  });
  app.post('/transfers', (req, res) => {
    const { to, amount, currency } = req.body as { to?: { idValue: string }; amount: string; currency: string };
    if (isRefusing) return void res.status(500).json({ statusCode: '5104', message: 'refused' });
    received.push({ to: to?.idValue ?? '', amount, currency });
    res.json({ homeTransactionId: `home-${received.length}` });
  });
  const server: Server = await listen(createServer(app));
  const { port } = server.address() as { port: number };
  return {
    address: `127.0.0.1:${port}`,
    received,
    refuse: (now) => void (isRefusing = now),
    close: () => close(server),
  };
}
