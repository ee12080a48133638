/**
 * Rules: what things cost and how much is allowed, by market, product, channel, role, tier and date. Prices and limits
 * are pure functions of what they are asked about; they move nothing.
 */
export { isCounted } from './limits';
export { loadMarket, midnight } from './market';
export { createRules, type Rules } from './rules';
export type { Channel, PriceRequest, Product, RedressPolicy } from './types';
export { refusalOfConstraint, type CountedPayment } from './usage';
