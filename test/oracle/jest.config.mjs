import { createRequire } from 'node:module';

// `npm run test:oracle` installs what this needs, 300 MB; the other tests do without it, and it does without a database.
const { globalSetup, globalTeardown, ...shared } = createRequire(import.meta.url)('../../package.json').jest;
void [globalSetup, globalTeardown];

export default {
  ...shared,
  rootDir: '../..',
  roots: ['<rootDir>/test/oracle'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
