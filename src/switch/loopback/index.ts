/**
 * Loopback: a scheme within one process, for a provider alone and for tests. It is a true one: it keeps each transfer once,
 * lets nothing be decided twice, times out, and answers when asked.
 */
export { createLoopbackHub, type LoopbackHub } from './hub';
