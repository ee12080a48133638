import type { Greeting } from '../../../menus/main';
import { mayDebit, type HeldAccount } from '../../accounts';
import { fullName, type Customer } from '../../identity';
import type { LastPayment } from '../../payments';
import type { Msisdn } from '../../platform';
import { isLanguage } from '../../ussd';
import { refusal } from '../refusals';
import { defaultLanguage, type Services } from '../services';
import { labelOf, serve } from './serve';

export function mainActors(services: Services) {
  const { identity, payments } = services;
  return {
    peopleOf: serve(async ({ msisdn }: { msisdn: string }) =>
      (await identity.peopleOf(msisdn as Msisdn)).map((person) => ({
        customerId: person.customerId,
        name: fullName(person),
      })),
    ),
    greet: serve(async ({ msisdn, customerId }: { msisdn: string; customerId: string }): Promise<Greeting> => {
      const people = await identity.peopleOf(msisdn as Msisdn);
      const customer = people.find((person) => person.customerId === customerId);
      if (!customer) throw refusal('unregistered');
      if (customer.status !== 'active') throw refusal('account_closed');
      return greeting(services, { customer, msisdn });
    }),
    noticeSeen: serve(({ paymentId }: { paymentId: string }) => payments.markSeen({ paymentId })),
  };
}

async function greeting(
  services: Services,
  { customer, msisdn }: { customer: Customer; msisdn: string },
): Promise<Greeting> {
  const { db, accounts, identity, invoices, payments, market, hasPeers } = services;
  const { customerId, firstName, language } = customer;
  const held = await accounts.of(db, customerId);
  const current = await accounts.currentOf(db, customerId);
  const last = await payments.lastPayment(customerId);
  const role = await roleAt(services, customer, current);
  const accountId = current?.accountId ?? '';
  return {
    ...{ customerId, firstName, currency: market.currency, msisdn, hasPeers },
    language: isLanguage(language) ? language : defaultLanguage,
    accountId,
    accountName: current ? await labelOf(services, current, customerId) : '',
    mayDebit: current ? mayDebit(current) : false,
    accountCount: held.length,
    role,
    maySell: role === 'merchant' || (await invoices.placeOf({ customerId, accountId })) !== undefined,
    ...((await identity.isResetOpen(db, customerId)) && { pinReset: true as const }),
    ...(last && { notice: noticeOf(last) }),
  };
}

/** Q4: what is offered follows the owner of the account that the caller works with. A commission account does nothing. */
async function roleAt({ db, identity }: Services, customer: Customer, current: HeldAccount | undefined) {
  if (!current || current.ownerId === customer.customerId) return customer.role;
  const owner = await identity.byId(db, current.ownerId);
  return owner?.role ?? 'customer';
}

function noticeOf({ name, amountMinor, reference, ...rest }: LastPayment): NonNullable<Greeting['notice']> {
  return { ...rest, payee: name, amountMinor: amountMinor.toString(), reference: reference ?? '' };
}
