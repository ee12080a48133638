import type { ShopCode, ShopQuote } from '../../../menus/shop-code';
import { longest } from '../longest';
import type { Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference, date } = longest;

const quote: ShopQuote = { quoteId: 'q1', amountMinor, feeMinor, totalMinor };
const held: ShopCode = { paymentId: 'p1', amountMinor, feeMinor, until: date };

export const shopCode: Samples = {
  answers: () => ({
    heldCode: [undefined, held],
    quote: [quote],
    submit: [{ reference, until: date }],
    cancel: [undefined],
  }),
};
