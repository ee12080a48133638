/**
 * Texting: what people ask for by SMS. A word of any of our languages is a command; nothing asks for a PIN, nothing moves
 * money, and the words that come in are not kept. What tells money is told under a one-time code, to a phone that is its
 * owner's alone.
 */
export { createTexting, type Texting } from './texting';
