import type { HolderChange } from '../../../menus/holders';
import { fullName } from '../../identity';
import { parseUserNumber, type Msisdn } from '../../platform';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve } from './serve';

export function holdersActors({ accounts }: Services) {
  return {
    listHolders: serve(async (input: { customerId: string; accountId: string }) => {
      const { holders } = unwrap(await accounts.info(input));
      return holders.map(({ customerId: holderId, name, rank }) => ({ holderId, name, rank }));
    }),
    findPerson: serve(async ({ person }: { person: string }) => {
      const found = unwrap(await accounts.findCandidate(candidateOf(person)));
      return { name: found ? fullName(found) : '' };
    }),
    changeHolder: serve(async ({ act, person, holderId, ...input }: HolderChange) => {
      if (act === 'remove') unwrap(await accounts.removeHolder({ ...input, holderId }));
      else if (act === 'rank') unwrap(await accounts.rankHolder({ ...input, holderId }));
      else unwrap(await accounts.addHolder({ ...input, candidate: candidateOf(person) }));
    }),
  };
}

/** The reader has made sure that it is one of the two. */
function candidateOf(person: string): { userNumber: string } | { msisdn: Msisdn } {
  const userNumber = parseUserNumber(person);
  return userNumber === undefined ? { msisdn: person as Msisdn } : { userNumber };
}
