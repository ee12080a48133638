import type { NewCode, Sent } from '../../../menus/invoices';
import type { Invoice } from '../../invoices';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { draft, placeOf } from './sell-goods';
import { serve } from './serve';

export function invoicesActors(services: Services) {
  const { invoices } = services;
  return {
    findPlace: serve(async (who: { customerId: string; accountId: string }) => {
      const { accountId } = await placeOf(invoices, who);
      return { accountId };
    }),
    listSent: serve(
      async ({
        kind,
        ...who
      }: {
        customerId: string;
        accountId: string;
        kind: 'standard' | 'codes';
      }): Promise<Sent[]> => {
        const types = kind === 'standard' ? (['standard'] as const) : (['pending', 'product'] as const);
        return unwrap(await invoices.sentFrom({ ...who, types })).map(({ invoice, buyer }) => ({
          invoiceId: invoice.invoiceId,
          state: invoice.payingId === null ? invoice.state : 'underway',
          dial: buyer ? '' : dialOf(services, invoice),
          isProduct: invoice.type === 'product',
          name: buyer?.name ?? '',
          userNumber: buyer?.userNumber ?? '',
          note: invoice.note,
          amountMinor: invoice.amountMinor.toString(),
        }));
      },
    ),
    cancel: serve(async (decision: { customerId: string; invoiceId: string; hopKey: string }) => {
      unwrap(await invoices.cancel(decision));
    }),
    draft: draft(invoices),
    makeCode: serve(
      async ({
        customerId: sellerId,
        code,
        ...by
      }: {
        customerId: string;
        accountId: string;
        code: NewCode;
        hopKey: string;
      }) => {
        const { invoiceId, note, type, amountMinor } = code;
        const order = { invoiceId, note, type, sellerId, ...by, amountMinor: BigInt(amountMinor) };
        return { dial: dialOf(services, unwrap(await invoices.makeCode(order))) };
      },
    ),
  };
}

function dialOf({ market }: Services, { code }: Invoice): string {
  return payBy(market.serviceCode, code);
}

/** What leads straight to paying a till or a code: Pay is the third item of the main menu, for good. */
export function payBy(serviceCode: string, number: string): string {
  return serviceCode.replace(/#$/, `*3*${number}#`);
}
