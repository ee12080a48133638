import type { Msisdn } from '../../../src/platform';
import { createWorld, type World } from '../../support/world';

/** What the database itself refuses about people, phones and accounts, whoever asks. */
describe('people and accounts in the database', () => {
  let world: World;
  let hamim: string;
  let kani: string;
  beforeAll(async () => {
    world = await createWorld();
    hamim = (await world.services.identity.byMsisdn('+254700000001' as Msisdn))?.customerId ?? '';
    kani = (await world.services.identity.byUserNumber('10000024'))?.customerId ?? '';
  });
  afterAll(() => world.close());
  const run = (text: string, ...values: unknown[]) => world.services.db.tx((tx) => tx.run({ text, values }));

  test('R20, R68: nobody is left without a primary account, and a commission account is none', async () => {
    await expect(run('update account_holder set is_primary = false where customer_id = $1', hamim)).rejects.toThrow(
      'has 0 primary accounts of 1',
    );
    await expect(
      run(
        `update account_holder h set is_primary = (a.purpose = 'commission') from account a
         where a.account_id = h.account_id and a.owner_id in (select customer_id from customer where role = 'agent')`,
      ),
    ).rejects.toThrow(/account_holder_one_primary|primary accounts/);
  });

  test('R21, R27, R33: the owner of an account stays', async () => {
    await expect(run('delete from account_holder where customer_id = $1', hamim)).rejects.toThrow(
      'the owner of account',
    );
    await expect(run(`update account_holder set rank = 'viewer' where customer_id = $1`, hamim)).rejects.toThrow(
      'the owner of account',
    );
    await expect(run('update account set owner_id = $2 where owner_id = $1', hamim, kani)).rejects.toThrow(
      'permission denied',
    );
  });

  test('a phone has one default person, a person one contact phone, and nobody is on a phone twice', async () => {
    const assign = (msisdn: string, who: string, isDefault: boolean, isContact: boolean) =>
      run(
        `insert into phone_assignment (assignment_id, msisdn, customer_id, valid_from, is_default, is_contact)
         values (gen_random_uuid(), $1, $2, now(), $3, $4)`,
        ...[msisdn, who, isDefault, isContact],
      );
    await expect(assign('+254700000001', kani, true, false)).rejects.toThrow('phone_assignment_default');
    await expect(assign('+254700000099', kani, true, true)).rejects.toThrow('phone_assignment_contact');
    await expect(assign('+254700000001', hamim, false, false)).rejects.toThrow('phone_assignment_once');
    await assign('+254700000001', kani, false, false);
    const people = await world.services.identity.peopleOf('+254700000001' as Msisdn);
    expect(people.map(({ firstName }) => firstName)).toEqual(['Hamim', 'Kani']);
    const reached = await world.services.identity.byMsisdn('+254700000001' as Msisdn);
    expect(reached?.firstName).toBe('Hamim');
  });

  test('a user number has its check digit', async () => {
    await expect(world.owner.run({ text: `update customer set user_number = '10000017'` })).rejects.toThrow(
      'user_number',
    );
  });
});
