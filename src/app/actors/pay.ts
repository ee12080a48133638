import type { Target } from '../../../menus/pay';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { quoteShown } from './payment';
import { serve, type PinHop } from './serve';

export function payActors({ invoices, payments }: Services) {
  return {
    find: serve(async ({ customerId, number }: { customerId: string; number: string }): Promise<Target> => {
      if (number.length !== codeDigits) return { number, name: unwrap(await invoices.findShop(shopOf(number))).name };
      const { invoice, name } = unwrap(await invoices.byCode({ customerId, code: number }));
      const { invoiceId, note } = invoice;
      return { number, name, invoice: { invoiceId, note, amountMinor: invoice.amountMinor.toString() } };
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
        const { invoice, number } = target;
        const quoted = invoice
          ? await invoices.quoteInvoice({ ...who, invoiceId: invoice.invoiceId })
          : await invoices.quoteAtShop({ ...who, shop: shopOf(number), amountMinor: BigInt(amountMinor), note });
        return quoteShown(unwrap(quoted));
      },
    ),
    submit: serve(async (input: PinHop & { quoteId: string }) => {
      const { reference } = unwrap(await payments.submit(input));
      return { reference };
    }),
  };
}

/** The reader lets through six digits of a till, seven of a code, eight of a user number. */
const codeDigits = 7;

function shopOf(number: string): { tillNumber: string } | { userNumber: string } {
  return number.length < codeDigits ? { tillNumber: number } : { userNumber: number };
}
