import { createRequire } from 'node:module';

// The suite's own settings, without its database: this one starts the whole system and looks at it from outside.
const { globalSetup, globalTeardown, ...shared } = createRequire(import.meta.url)('../../package.json').jest;
void [globalSetup, globalTeardown];

export default {
  ...shared,
  rootDir: '../..',
  roots: ['<rootDir>/test/browser'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
