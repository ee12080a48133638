import { createRequire } from 'node:module';

// `npm run test:sdk` installs what this needs, 330 MB; the other tests do without it. The gateway brings a database of its own.
const { globalSetup, globalTeardown, ...shared } = createRequire(import.meta.url)('../../package.json').jest;
void [globalSetup, globalTeardown];

export default {
  ...shared,
  rootDir: '../..',
  roots: ['<rootDir>/test/sdk'],
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/test/sdk/node_modules'],
  testTimeout: 300_000,
  maxWorkers: 1,
};
