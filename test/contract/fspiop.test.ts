import { setTimeout as sleep } from 'node:timers/promises';
import { startScheme, type Databases } from '../integration/switch/participants';
import { createTestDatabase } from '../support/database';
import { createMovableClock } from '../support/world';
import { describeSwitch } from './switch';

// Ids are drawn anew in each test: what the others left behind is in nobody's way.
let databases: Databases;
beforeAll(async () => {
  databases = { payer: await createTestDatabase(), payee: await createTestDatabase() };
});
afterAll(async () => {
  await databases.payer.drop();
  await databases.payee.drop();
});

describeSwitch('FSPIOP, over a hub', {
  // What is on its books a hub hands out as files; it has no word for a request to pay that is taken back.
  cannot: ['statement', 'cancelPaymentRequest'],
  create: async () => {
    const clock = createMovableClock();
    const { payer, payee, close } = await startScheme(databases, { clock });
    return { clock, payer, payee, pass: (durationMs) => sleep(durationMs), close };
  },
});
