import type { Greeting, LastPayment } from '../../../menus/main';
import { longest, type Person } from '../longest';
import { callerOf, fullName, times, type Samples } from './sample';

const { amountMinor, reference, msisdn } = longest;

export const main: Samples = {
  inputs: [{ msisdn, customerId: '' }],
  answers: (person) => ({
    peopleOf: [
      times(8, (index) => ({ customerId: `c${index}`, name: fullName(person) })),
      [{ customerId: 'c1', name: fullName(person) }],
      [],
    ],
    greet: greetings(person),
    noticeSeen: [undefined],
  }),
};

function greetings(person: Person): Greeting[] {
  const last = (state: LastPayment['state'], paymentId: string | undefined): LastPayment => ({
    ...{ paymentId, state, amountMinor, payee: `${person.first} ${person.last}` },
    reference: paymentId === undefined ? '' : reference,
  });
  const notices = [last('done', 'p1'), last('failed', 'p1'), last('failed', undefined), last('checking', undefined)];
  const offer = {
    ...callerOf(person),
    firstName: person.first,
    role: 'customer',
    accountCount: 1,
    pinReset: true,
  } as const;
  const roles = ['agent', 'merchant', 'customer'] as const;
  const greeting = { ...callerOf(person), firstName: person.first };
  return [
    { ...offer, maySell: false },
    ...roles.flatMap((role) => [
      ...notices.map((notice) => ({ ...greeting, role, maySell: true, accountCount: 2, notice })),
      ...[0, 1, 2].map((accountCount) => ({ ...greeting, role, maySell: role === 'merchant', accountCount })),
    ]),
  ];
}
