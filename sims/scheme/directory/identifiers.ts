/** A kind of identifier that the directory knows (1.5.3), and how one is written. */
export interface IdentifierType {
  identifierType: string;
  description: string;
}

const STANDARD = 'eur=Central end user registry;tel=Telephone number (E.164)';

/**
 * Reads `type=description;type=description`; empty stands for user numbers (`eur`) and telephone numbers (`tel`).
 * @throws Error for a part that is not so written.
 */
export function identifierTypes(text: string): IdentifierType[] {
  return (text.trim() === '' ? STANDARD : text)
    .split(';')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const match = /^\s*([a-z][a-z0-9]*)=(.+)$/.exec(part);
      if (match === null) throw new Error(`SCHEME_IDENTIFIER_TYPES: must look like eur=Description;tel=Description`);
      return { identifierType: match[1] ?? '', description: (match[2] ?? '').trim() };
    });
}

/**
 * The one spelling of an identifier: a telephone number is `+` and its digits, however it was grouped (31.5.1).
 * @returns undefined for what can't be an identifier of this type.
 */
export function normalise(type: string, identifier: string): string | undefined {
  if (type !== 'tel') return /^[\w.@~+-]{1,128}$/.test(identifier) ? identifier : undefined;
  // In a query an unescaped plus arrives as a blank.
  const digits = identifier.replace(/[\s()+.-]/g, '');
  return /^[1-9]\d{1,14}$/.test(digits) ? `+${digits}` : undefined;
}
