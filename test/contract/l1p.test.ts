import { setTimeout as sleep } from 'node:timers/promises';
import { startMembers } from '../integration/switch/members';
import { createTestDatabase, type TestDatabase } from '../support/database';
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
    const { payer, payee, close } = await startMembers(database.url, { clock });
    return { clock, payer, payee, pass: (durationMs) => sleep(durationMs), close };
  },
});
