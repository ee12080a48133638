/** The check digit of ISO/IEC 7812-1 for the digits before it: it finds one wrong digit, and two neighbours swapped. */
export function luhnDigit(digits: string): string {
  const sum = Array.from(digits)
    .reverse()
    .map((digit, index) => Number(digit) * (index % 2 === 0 ? 2 : 1))
    .reduce((total, product) => total + (product > 9 ? product - 9 : product), 0);
  return String((10 - (sum % 10)) % 10);
}

/** Reads a user number as a person types it, spaces and dashes aside: eight digits. Undefined when it can be none. */
export function parseUserNumber(typed: string): string | undefined {
  const digits = typed.replace(/[\s-]/g, '');
  if (!/^[1-9]\d{7}$/.test(digits)) return undefined;
  return luhnDigit(digits.slice(0, 7)) === digits.slice(7) ? digits : undefined;
}
