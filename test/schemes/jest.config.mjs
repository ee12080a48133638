import { createRequire } from 'node:module';

// `npm run test:schemes`: longer than the gate should take.
const shared = createRequire(import.meta.url)('../../package.json').jest;

export default {
  ...shared,
  rootDir: '../..',
  roots: ['<rootDir>/test/schemes'],
  testPathIgnorePatterns: ['/node_modules/'],
};
