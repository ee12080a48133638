/**
 * Reads what somebody at another provider may be called beside a number (31.5.1): 3 to 128 characters around one @. Whether it is
 * an e-mail address or an account, only whoever typed it can say.
 */
export function parseIdentifier(typed: string): string | undefined {
  const identifier = typed.trim();
  return identifier.length <= 128 && /^[\w.~+-]+@[\w.~+-]+$/.test(identifier) ? identifier : undefined;
}
