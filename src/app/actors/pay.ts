import type { Target } from '../../../menus/pay';
import { fullName } from '../../identity';
import type { ShopNumber } from '../../invoices';
import type { Msisdn } from '../../platform';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { quoteInvoice } from './invoice-quote';
import { here, quoteShown, submitAndAwait } from './payment';
import { serve, type PinHop } from './serve';

export function payActors(services: Services) {
  const { clearing, invoices } = services;
  return {
    find: serve(async ({ customerId, number }: { customerId: string; number: string }): Promise<Target> => {
      if (number.length !== codeDigits) return findShop(services, number);
      const { invoice, name } = unwrap(await invoices.byCode({ customerId, code: number }));
      const { invoiceId, note, outside } = invoice;
      const about = { invoiceId, note, amountMinor: invoice.amountMinor.toString() };
      return { number, name, provider: outside?.dfspId ?? here, invoice: about };
    }),
    quote: serve(
      async ({
        target,
        amountMinor,
        note,
        ...who
      }: {
        customerId: string;
        accountId: string;
        target: Target;
        amountMinor: string;
        note: string;
      }) => {
        const { invoice, number, provider } = target;
        if (invoice) return quoteShown(await quoteInvoice(services, { ...who, invoiceId: invoice.invoiceId }));
        const order = { ...who, amountMinor: BigInt(amountMinor), note };
        const shop = shopOf(number);
        if (provider === here) return quoteShown(unwrap(await invoices.quoteAtShop({ ...order, shop })));
        return quoteShown(unwrap(await clearing.quote({ ...order, to: { number }, product: 'purchase' })).quote);
      },
    ),
    submit: serve((input: PinHop & { quoteId: string }) => submitAndAwait(services, input)),
  };
}

/** A shop here; only a number that is nobody's is asked for elsewhere. */
async function findShop({ clearing, invoices }: Services, number: string): Promise<Target> {
  const shop = await invoices.findShop(shopOf(number));
  if (shop.ok || shop.error !== 'payee_unknown') return { number, name: unwrap(shop).name, provider: here };
  const { outside } = unwrap(await clearing.findPayee(number));
  return { number, name: fullName(outside), provider: outside.dfspId };
}

/** The reader lets through six digits of a till, seven of a code, eight of a user number, and phones as E.164. */
const codeDigits = 7;

function shopOf(number: string): ShopNumber {
  if (number.startsWith('+')) return { msisdn: number as Msisdn };
  return number.length < codeDigits ? { tillNumber: number } : { userNumber: number };
}
