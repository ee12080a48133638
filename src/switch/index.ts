/**
 * The switch: how this provider meets a payment scheme. The port says what a scheme is to us, an adapter speaks one
 * scheme's language; what is asked of it and what follows from its answers is src/clearing.
 */
export * from './port';
export { createFspiop, type FspiopOptions } from './fspiop';
export { resources as fspiopResources } from './fspiop/versions';
export { createL1p, type L1pOptions } from './l1p';
export { createLoopbackHub, type LoopbackHub } from './loopback';
