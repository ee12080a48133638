import type { PayingAccount, PendingRequest } from '../../../menus/pending';
import { mayDebit } from '../../accounts';
import { fullName } from '../../identity';
import type { Claim } from '../../redress';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { quoteInvoice } from './invoice-quote';
import { here, quoteShown, submitAndAwait } from './payment';
import { serve, type PinHop } from './serve';

type Kind = Exclude<PendingRequest['kind'], 'claim' | 'phone'>;
type Asked = Awaited<ReturnType<Services['invoices']['waiting']>>[number];

export function pendingActors(services: Services) {
  const { invoices, payments, phones, redress } = services;
  return {
    listPending: serve(async ({ customerId }: { customerId: string }) => {
      const [cashOuts, asked, claims, joins] = await Promise.all([
        payments.pendingRequests(customerId),
        invoices.waiting(customerId),
        redress.claims(customerId),
        phones.waiting(customerId),
      ]);
      const requests = [
        ...cashOuts.map(({ payment, other }) => ({
          at: payment.updatedAt,
          request: requestOf('cash_out', payment.paymentId, { ...payment, name: other ? fullName(other) : '' }),
        })),
        ...asked.map((one) => ({ at: one.invoice.createdAt, request: invoiceRequest(one) })),
        ...claims.map((one) => ({ at: one.case.openedAt, request: claimRequest(one) })),
        ...joins.map(({ askedAt, requestId, msisdn }) => ({ at: askedAt, request: phoneRequest(requestId, msisdn) })),
      ];
      return requests.sort((one, other) => one.at.getTime() - other.at.getTime()).map(({ request }) => request);
    }),
    findInvoice: serve(async (ask: { customerId: string; code: string }) =>
      invoiceRequest(unwrap(await invoices.byCode(ask))),
    ),
    payingAccounts: serve((who: { customerId: string; accountId: string }) => payingAccounts(services, who)),
    quote: serve(async (ask: { customerId: string; accountId: string; invoiceId: string }) =>
      quoteShown(await quoteInvoice(services, ask)),
    ),
    approve: serve(async ({ kind, id, quoteId, ...by }: PinHop & { kind: Kind; id: string; quoteId: string }) => {
      if (kind === 'invoice') return submitAndAwait(services, { quoteId, ...by });
      const { reference } = unwrap(await payments.approve({ paymentId: id, ...by }));
      return { reference, underway: false };
    }),
    reject: serve(async ({ kind, id, ...by }: { kind: Kind; customerId: string; id: string; hopKey: string }) => {
      if (kind === 'cash_out') unwrap(await payments.reject({ paymentId: id, ...by }));
      else unwrap(await invoices.reject({ invoiceId: id, ...by }));
    }),
  };
}

/** Those that the caller may take from, the one that they work with first. */
async function payingAccounts(
  { accounts, db }: Services,
  { customerId, accountId }: { customerId: string; accountId: string },
): Promise<PayingAccount[]> {
  const usable = (await accounts.of(db, customerId)).filter(mayDebit);
  const rankOf = (account: PayingAccount): number => (account.accountId === accountId ? 0 : 1);
  return usable
    .map(({ accountId: id, name }) => ({ accountId: id, name }))
    .sort((one, other) => rankOf(one) - rankOf(other));
}

const fromHere = { provider: here, underway: false } as const;

function invoiceRequest({ invoice, name }: Asked): PendingRequest {
  const request = requestOf('invoice', invoice.invoiceId, { ...invoice, feeMinor: 0n, name });
  return { ...request, provider: invoice.outside?.dfspId ?? here, underway: invoice.payingId !== null };
}

/** What somebody calls sent by mistake: what was sent, and in total what of it is on hold. */
function claimRequest({ case: { caseId }, payment, held, senderName }: Claim): PendingRequest {
  return {
    ...{ kind: 'claim', id: caseId, name: senderName, note: '', ...fromHere },
    amountMinor: payment.amountMinor.toString(),
    feeMinor: '0',
    totalMinor: held.amountMinor.toString(),
  };
}

function phoneRequest(requestId: string, msisdn: string): PendingRequest {
  const nothing = { amountMinor: '0', feeMinor: '0', totalMinor: '0' };
  return { kind: 'phone', id: requestId, name: msisdn, note: '', ...fromHere, ...nothing };
}

function requestOf(
  kind: Kind,
  id: string,
  about: { name: string; note?: string; amountMinor: bigint; feeMinor: bigint },
): PendingRequest {
  const { name, note = '', amountMinor, feeMinor } = about;
  return {
    ...{ kind, id, name, note, ...fromHere },
    amountMinor: amountMinor.toString(),
    feeMinor: feeMinor.toString(),
    totalMinor: (amountMinor + feeMinor).toString(),
  };
}
