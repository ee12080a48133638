/**
 * Reads a decimal amount such as `"50"` or `"208461.06"` as whole units of `scale`, e.g. cents.
 * @returns undefined for what is no amount or has more decimals than `scale`; zeros at the end don't count.
 */
export function parseAmount(text: string, scale: number): bigint | undefined {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const decimals = (match[2] ?? '').replace(/0+$/, '');
  return decimals.length > scale ? undefined : BigInt(`${match[1] ?? ''}${decimals.padEnd(scale, '0')}`);
}

/** Writes whole units as a decimal without zeros at the end: `-20846106n` at scale 2 is `"-208461.06"`. */
export function formatAmount(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const decimals = digits.slice(digits.length - scale).replace(/0+$/, '');
  const whole = digits.slice(0, digits.length - scale);
  return `${units < 0n ? '-' : ''}${whole}${scale > 0 && decimals !== '' ? `.${decimals}` : ''}`;
}

/** A part of an amount: `rate` is a decimal such as `"0.05"`; half a unit is rounded up. */
export function share(units: bigint, rate: string): bigint {
  const [whole = '0', decimals = ''] = rate.split('.');
  const divisor = 10n ** BigInt(decimals.length);
  return (units * BigInt(whole + decimals) * 2n + divisor) / (divisor * 2n);
}
