import { verify } from '../../../src/audit';
import { createRandom, tamperAndUndo, type Table } from './tamper';
import { live, openTrail, type Trail } from './trail';

let trail: Trail;
beforeAll(async () => {
  trail = await openTrail();
  await live(trail, 3);
});
afterAll(() => trail.close());

/** What the chains cover: the ledger's own proof looks after the rest. */
const chained: readonly Table[] = ['audit_event', 'audit_link', 'audit_chain', 'ledger_transfer'];

test('whatever is changed, moved, dropped or added under the chains is found', async () => {
  const random = createRandom(20_260_115);
  const unseen: string[] = [];
  for (let time = 1; time <= 60; time += 1) {
    const { tampering, judged } = await tamperAndUndo(trail.owner, { random, among: chained }, (tx) => verify(tx));
    if (judged.clean) unseen.push(`${tampering.table}: ${tampering.what}`);
  }
  expect(unseen).toEqual([]);
  expect((await verify(trail.owner)).clean).toBe(true);
});
