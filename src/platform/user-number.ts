/** The check digit of ISO/IEC 7812-1 for the digits before it: it finds one wrong digit, and two neighbours swapped. */
export function luhnDigit(digits: string): string {
  const sum = Array.from(digits)
    .reverse()
    .map((digit, index) => Number(digit) * (index % 2 === 0 ? 2 : 1))
    .reduce((total, product) => total + (product > 9 ? product - 9 : product), 0);
  return String((10 - (sum % 10)) % 10);
}

export const userNumberLength = 8;

/** True for a number that does not begin with zero and whose last digit is its check digit. */
export function hasCheckDigit(digits: string): boolean {
  return /^[1-9]\d+$/.test(digits) && luhnDigit(digits.slice(0, -1)) === digits.slice(-1);
}

/** Reads a user number as a person types it, spaces and dashes aside: eight digits. Undefined when it can be none. */
export function parseUserNumber(typed: string): string | undefined {
  const digits = typed.replace(/[\s-]/g, '');
  return hasCheckDigit(digits) && digits.length === userNumberLength ? digits : undefined;
}
