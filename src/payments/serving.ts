import type { PaymentsDeps } from './deps';
import { seenFrom, type SeenPayment } from './history';
import { lastServedBy, servedBetween, type Served } from './serving-store';

const lastMax = 5;

/** Cash taken and given by this agent from `from` up to before `to`. */
export function served(deps: PaymentsDeps, agentId: string, { from, to }: { from: Date; to: Date }): Promise<Served> {
  return servedBetween(deps.db, { agentId, from, to });
}

/** The last customers whom this agent took cash from or gave cash to, the last first. */
export async function lastServed(deps: PaymentsDeps, agentId: string): Promise<SeenPayment[]> {
  const payments = await lastServedBy(deps.db, agentId, lastMax);
  return Promise.all(
    payments.map((payment) => {
      const own = payment.product === 'cash_in' ? payment.payerAccountId : payment.payeeAccountId;
      return seenFrom(deps, own, payment);
    }),
  );
}
