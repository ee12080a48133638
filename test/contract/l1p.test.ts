import { setTimeout as sleep } from 'node:timers/promises';
import { startMembers } from '../integration/switch/members';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createMovableClock } from '../support/world';
import { describeSwitch, type Subject } from './switch';
import { describeBulks } from './switch-bulks';

// Ids are drawn anew in each test: what the others left behind is in nobody's way.
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const environment = {
  SCHEME_IDENTIFIER_TYPES: 'eur=User number;tel=Telephone number;mailto=E-mail address;acct=Account',
};
const create = async (): Promise<Subject> => {
  const clock = createMovableClock();
  const { payer, payee, close } = await startMembers(database.url, { clock, environment });
  return { clock, payer, payee, pass: (durationMs) => sleep(durationMs), close };
};

describeSwitch('the scheme of 2017, over its central services', {
  create,
});
describeBulks('the scheme of 2017, over its central services', create);
