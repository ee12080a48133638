/** How long a screen is: septets of GSM-7, or UTF-16 units when one character needs UCS-2. */
export interface ScreenLength {
  used: number;
  limit: number;
  alphabet: 'GSM-7' | 'UCS-2';
}

// 3GPP TS 23.038, table 6.2.1: the default alphabet, without the escape; then its extension table, two septets each.
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const EXTENSION = new Set('^{}\\[~]|€\f');

const GSM7_LIMIT = 160;
const UCS2_LIMIT = 80;

/** Counts a USSD screen against what fits on a network that shows 160 characters (80 in UCS-2). */
export function screenLength(screen: string): ScreenLength {
  let septets = 0;
  for (const character of screen) {
    if (BASIC.has(character)) septets += 1;
    else if (EXTENSION.has(character)) septets += 2;
    else return { used: screen.length, limit: UCS2_LIMIT, alphabet: 'UCS-2' };
  }
  return { used: septets, limit: GSM7_LIMIT, alphabet: 'GSM-7' };
}
