/**
 * What may happen is returned; what must not happen is asserted.
 * `Result` carries a literal code that the compiler makes every caller handle; `assert` is for bugs only.
 */
export type Detail = Readonly<Record<string, string | number>>;
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}
export interface Err<E extends string> {
  readonly ok: false;
  readonly error: E;
  readonly detail?: Detail;
}
export type Result<T, E extends string> = Ok<T> | Err<E>;

/** A success that carries `value`. */
export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

/** An expected refusal, with the values its sentence needs (never a secret). */
export function err<E extends string>(error: E, detail?: Detail): Err<E> {
  return detail === undefined ? { ok: false, error } : { ok: false, error, detail };
}

/** Throws when a thing that the code relies on is not so. The message is for engineers; no user ever sees it. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${why}`);
}
