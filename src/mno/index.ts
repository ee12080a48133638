/**
 * MNO: what only the mobile network knows about a phone number, asked through a port. It promises an answer within its
 * time or none at all, and never takes "I don't know" for "nothing happened".
 */
export { createCamaraSimSwaps } from './camara';
export { noSimSwaps, type SimSwaps } from './port';
