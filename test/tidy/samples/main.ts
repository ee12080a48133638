import type { Greeting, LastPayment } from '../../../menus/main';
import { longest, type Person } from '../longest';
import { caller, type Samples } from './sample';

const { amountMinor, reference, msisdn } = longest;

export const main: Samples = {
  inputs: [{ msisdn }],
  answers: (person) => ({ greet: greetings(person), noticeSeen: [undefined] }),
};

function greetings(person: Person): Greeting[] {
  const last = (state: LastPayment['state'], paymentId: string | undefined): LastPayment => ({
    ...{ paymentId, state, amountMinor, payee: `${person.first} ${person.last}` },
    reference: paymentId === undefined ? '' : reference,
  });
  const notices = [last('done', 'p1'), last('failed', 'p1'), last('failed', undefined), last('checking', undefined)];
  return [true, false].flatMap((isAgent) =>
    [...notices, undefined].map((notice) => ({
      ...caller,
      isAgent,
      firstName: person.first,
      ...(notice && { notice }),
    })),
  );
}
