import type { Quote } from '../../payments';
import { unwrap } from '../refusals';
import type { Services } from '../services';

interface Ask {
  readonly customerId: string;
  readonly accountId: string;
  readonly invoiceId: string;
}

/** What it would cost to pay an invoice, of a shop here or at another provider. What is gone there goes from the list here. */
export async function quoteInvoice({ invoices, clearing }: Services, ask: Ask): Promise<Quote> {
  const asked = unwrap(await invoices.askedFromElsewhere(ask));
  if (!asked) return unwrap(await invoices.quoteInvoice(ask));
  const { invoice, party, requestId } = asked;
  const { customerId, accountId, invoiceId } = ask;
  const quoted = await clearing.quote({
    ...{ customerId, accountId, to: { party }, product: 'purchase', amountMinor: invoice.amountMinor },
    ...{ note: invoice.note, paying: { requestId, invoiceId } },
  });
  if (!quoted.ok && quoted.error === 'invoice_gone') await invoices.takeBack(invoiceId);
  return unwrap(quoted).quote;
}
