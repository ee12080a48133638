import { setTimeout as sleep } from 'node:timers/promises';
import { startHarness } from '../integration/scheme/harness';
import { createDb } from '../../src/platform';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { openL1pAddress } from '../support/l1p';
import { createSide } from '../support/side';
import { createMovableClock } from '../support/world';
import { describeSwitch } from './switch';

// Ids are drawn anew in each test: what the others left behind is in nobody's way.
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describeSwitch('the scheme of 2017, over its central services', {
  create: async () => {
    const clock = createMovableClock();
    const scheme = await startHarness({ SCHEME_AUTH: 'basic', SCHEME_CURRENCY: 'KES', SCHEME_SWEEP_MS: '50' });
    // As the gateway: whatever its role may not do, fails here.
    const db = createDb({ url: database.url, connectionsMax: 4, role: 'starhash_app', onError: () => undefined });
    const open = async (name: string) => {
      const address = await openL1pAddress(name, scheme.ports);
      return { address, side: await createSide(name, () => address.adapter({ db, clock })) };
    };
    const [payer, payee] = [await open('payer'), await open('payee')];
    return {
      ...{ clock, payer: payer.side, payee: payee.side },
      pass: (durationMs) => sleep(durationMs),
      close: async () => {
        await Promise.all([payer.side.stop(), payee.side.stop()]);
        await Promise.all([payer.address.close(), payee.address.close()]);
        await scheme.close();
        await db.close();
      },
    };
  },
});
