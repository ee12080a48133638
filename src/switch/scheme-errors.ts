import type { SchemeError } from './port';

/** FSPIOP's error codes (API Definition 1.1, section 7.6), with the words that go to the other side: the vocabulary for every scheme. */
const descriptions = {
  '1000': 'Communication error',
  '1001': 'Destination communication error',
  '2000': 'Generic server error',
  '2001': 'Internal server error',
  '2002': 'Not implemented',
  '2003': 'Service currently unavailable',
  '2004': 'Server timed out',
  '2005': 'Server busy',
  '3000': 'Generic client error',
  '3001': 'Unacceptable version requested',
  '3002': 'Unknown URI',
  '3003': 'Add party information error',
  '3100': 'Generic validation error',
  '3101': 'Malformed syntax',
  '3102': 'Missing mandatory element',
  '3103': 'Too many elements',
  '3104': 'Too large payload',
  '3105': 'Invalid signature',
  '3106': 'Modified request',
  '3107': 'Missing mandatory extension parameter',
  '3200': 'Generic ID not found',
  '3201': 'Destination FSP error',
  '3202': 'Payer FSP ID not found',
  '3203': 'Payee FSP ID not found',
  '3204': 'Party not found',
  '3205': 'Quote ID not found',
  '3206': 'Transaction request ID not found',
  '3207': 'Transaction ID not found',
  '3208': 'Transfer ID not found',
  '3209': 'Bulk quote ID not found',
  '3210': 'Bulk transfer ID not found',
  '3300': 'Generic expired error',
  '3301': 'Transaction request expired',
  '3302': 'Quote expired',
  '3303': 'Transfer expired',
  '4000': 'Generic payer error',
  '4001': 'Payer FSP insufficient liquidity',
  '4100': 'Generic payer rejection',
  '4101': 'Payer rejected transaction request',
  '4102': 'Payer FSP unsupported transaction type',
  '4103': 'Payer unsupported currency',
  '4200': 'Payer limit error',
  '4300': 'Payer permission error',
  '4400': 'Generic payer blocked error',
  '5000': 'Generic payee error',
  '5001': 'Payee FSP insufficient liquidity',
  '5100': 'Generic payee rejection',
  '5101': 'Payee rejected quote',
  '5102': 'Payee FSP unsupported transaction type',
  '5103': 'Payee FSP rejected quote',
  '5104': 'Payee rejected transaction',
  '5105': 'Payee FSP rejected transaction',
  '5106': 'Payee unsupported currency',
  '5107': 'Payee identifier no longer valid',
  '5200': 'Payee limit error',
  '5300': 'Payee permission error',
  '5400': 'Generic payee blocked error',
} as const;
export type FspiopCode = keyof typeof descriptions;

/** An error of ours: what the table says, and what is peculiar to this one. `moneyMoved` is `no` unless said. */
export function schemeError(
  code: FspiopCode,
  what?: string,
  moneyMoved: SchemeError['moneyMoved'] = 'no',
): SchemeError {
  const words = descriptions[code];
  return { code, description: what === undefined ? words : `${words} - ${what}`, moneyMoved };
}

/** Section 7.4.x: a description has 128 letters. */
export const descriptionLengthMax = 128;

/**
 * An error in another party's words. A code that we don't know is its category's general one (a scheme may add codes from
 * xx40 on, and a minor version new ones); undefined for what has no code at all.
 */
export function errorFrom(said: {
  readonly code: unknown;
  readonly description: unknown;
  readonly moneyMoved: SchemeError['moneyMoved'];
}): SchemeError | undefined {
  const { code, moneyMoved } = said;
  if (typeof code !== 'string' || !/^[1-9]\d{3}$/.test(code)) return undefined;
  const known = [code, `${code.slice(0, 2)}00`, `${code.slice(0, 1)}000`].find((one) =>
    Object.hasOwn(descriptions, one),
  );
  const description = typeof said.description === 'string' ? said.description.slice(0, descriptionLengthMax) : '';
  return { code: known ?? '2001', description: known === code ? description : `${code} ${description}`, moneyMoved };
}
