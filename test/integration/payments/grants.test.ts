import { createWorld, type World } from '../../support/world';

/** What somebody who took over the gateway's connection could not do to the database. */
describe('the role of the gateway', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  test.each([
    ['moves no money by itself', 'update ledger_account set credits_posted_minor = credits_posted_minor + 1'],
    ['books no transfer', `insert into ledger_transfer select * from ledger_transfer`],
    ['frees no reservation', 'delete from ledger_hold'],
    ['rewrites no event', `update audit_event set actor_id = 'nobody'`],
    ['writes no event past the chain', 'insert into audit_event select * from audit_event'],
    ['decides over no payment', `update payment set state = 'completed'`],
    ['deletes no payment', 'delete from payment'],
    ['calls no writer of the ledger', `select attach_payment('[]')`],
    ['proves no other key', `update key_proof set digest = ''`],
    ['gives nobody another phone', `update phone_assignment set customer_id = customer_id`],
    ['gives nobody another account', 'update account set owner_id = owner_id'],
    ['promises no money anew', 'update opening set transfer_id = null'],
    ["reads nobody's migrations", 'delete from schema_migration'],
    ['switches no trigger off', 'alter table ledger_transfer disable trigger all'],
  ])('%s', async (_, text) => {
    await expect(world.services.db.run({ text })).rejects.toThrow(/permission denied|must be owner/);
  });

  test('writes no payment without its money', async () => {
    const text = `insert into payment (payment_id, product, state, reference, initiator_id, payer_id, payee_id,
        payer_account_id, payee_account_id, currency, amount_minor, fee_minor, commission_minor, decided_by, hop_key,
        created_at, updated_at)
      select gen_random_uuid(), 'send', 'completed', 'AAAA3333', customer_id, customer_id, customer_id, 1, 2, 'KES', 1,
        0, 0, customer_id, 'hop', now(), now() from customer limit 1`;
    await expect(world.services.db.run({ text })).rejects.toThrow('comes with its money');
  });
});
