import type { Express, Request } from 'express';
import { invalidQueryParameter } from '../errors';
import { type Endpoint, ok, queryOf } from '../http';
import { formatAmount, parseAmount } from '../ledger/amounts';

interface RulesRoutes {
  endpoint: Endpoint;
  /** The most that one transfer may move, in whole units. */
  limit: bigint;
  scale: number;
}

/** The central rules: whether a transfer to an end user is permitted (6.1.1). */
export function rulesRoutes(app: Express, { endpoint, limit, scale }: RulesRoutes): void {
  app.get(
    '/transfer',
    endpoint((req) => {
      userNumber(req, 'sender_user_number');
      userNumber(req, 'receiver_user_number');
      if (amountOf(req, scale) <= limit) return ok({ allowed: true });
      const [whole = '', decimals] = formatAmount(limit, scale).split('.');
      const shown = `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${decimals === undefined ? '' : `.${decimals}`}`;
      const message = `Not allowed to send more than ${shown}`;
      return ok({ allowed: false, reason: { code: 'transfer_limit_exceeded', message } });
    }),
  );
}

function userNumber(req: Request, name: string): void {
  const value = queryOf(req, name) ?? '';
  if (!/^\d{1,20}$/.test(value)) throw invalidQueryParameter(`${name} must be a user number`, name, value);
}

function amountOf(req: Request, scale: number): bigint {
  const text = queryOf(req, 'amount') ?? '';
  const units = parseAmount(text, scale);
  if (units === undefined) throw invalidQueryParameter(`amount must be a decimal amount`, 'amount', text);
  return units;
}
