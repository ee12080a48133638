import { handover, testServer } from './global-setup';

/** Drops what the run made and stops what it started; jest calls it after failures too. */
async function tearDown(): Promise<void> {
  await testServer[handover]?.stop();
  testServer[handover] = undefined;
}

// Jest takes the default export only.
export { tearDown as default };
