import { timingSafeEqual } from 'node:crypto';
import type { Cipher, Ids, Sealed } from '../platform';

/** How often a code may be typed wrongly before it is worth nothing. */
export const codeTriesMax = 3;

/** A fresh code, and how it is kept: readable with the key only, and in its own row only. */
export function drawCode({ ids, cipher }: { ids: Ids; cipher: Cipher }, paymentId: string): Drawn {
  const code = ids.code();
  return { code, sealed: cipher.seal(code, aboutCode(paymentId)) };
}
export interface Drawn {
  readonly code: string;
  readonly sealed: Sealed;
}

export function isCode(cipher: Cipher, sealed: Sealed, paymentId: string, typed: string): boolean {
  const [kept, given] = [Buffer.from(cipher.open(sealed, aboutCode(paymentId))), Buffer.from(typed)];
  return kept.length === given.length && timingSafeEqual(kept, given);
}

function aboutCode(paymentId: string): string {
  return `${paymentId}:code`;
}
