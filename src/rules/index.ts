/** Rules: what things cost and how much is allowed. Pure functions of what they are asked about; they move nothing. */
export { createSandboxRules, type Product, type Rules } from './tariff';
