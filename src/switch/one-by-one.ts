import { inSlices } from '../platform';
import type { SwitchAdapter } from './port';

const atOnce = 8;

/** Bulks where a scheme has no envelope for them: what is in them goes one by one. */
export function oneByOne({
  requestQuote,
  prepareTransfer,
}: Pick<SwitchAdapter, 'requestQuote' | 'prepareTransfer'>): Pick<SwitchAdapter, 'requestQuotes' | 'prepareTransfers'> {
  return {
    requestQuotes: ({ payer, expiresAt, items }, context) =>
      inSlices(items, atOnce, (item) => requestQuote({ ...item, payer, expiresAt }, context)),
    prepareTransfers: ({ dfspId, expiresAt, items }, context) =>
      inSlices(items, atOnce, (item) => prepareTransfer({ ...item, dfspId, expiresAt }, context)),
  };
}
