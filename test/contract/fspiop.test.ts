import { setTimeout as sleep } from 'node:timers/promises';
import { startScheme, type Databases } from '../integration/switch/participants';
import { createTestDatabase } from '../support/database';
import { createMovableClock } from '../support/world';
import { describeSwitch, type Subject } from './switch';
import { describeBulks } from './switch-bulks';

// Ids are drawn anew in each test: what the others left behind is in nobody's way.
let databases: Databases;
beforeAll(async () => {
  databases = { payer: await createTestDatabase(), payee: await createTestDatabase() };
});
afterAll(async () => {
  await databases.payer.drop();
  await databases.payee.drop();
});

const create = async (): Promise<Subject> => {
  const clock = createMovableClock();
  const { payer, payee, close } = await startScheme(databases, { clock });
  return { clock, payer, payee, pass: (durationMs) => sleep(durationMs), close };
};

describeSwitch('FSPIOP, over a hub', {
  // What is on its books a hub hands out as files; it has no word for a request to pay that is taken back.
  cannot: ['statement', 'cancelPaymentRequest'],
  create,
});
describeBulks('FSPIOP, over a hub', create);
