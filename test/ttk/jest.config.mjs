import { createRequire } from 'node:module';

// `npm run test:ttk` installs what this needs, 470 MB; the other tests do without it. The gateway brings a database of its own.
const { globalSetup, globalTeardown, ...shared } = createRequire(import.meta.url)('../../package.json').jest;
void [globalSetup, globalTeardown];

export default {
  ...shared,
  rootDir: '../..',
  roots: ['<rootDir>/test/ttk'],
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/test/ttk/node_modules'],
  testTimeout: 300_000,
  maxWorkers: 1,
};
