import type { Greeting } from '../../../menus/main';
import type { LastPayment } from '../../payments';
import type { Msisdn } from '../../platform';
import { isLanguage } from '../../ussd';
import { refusal } from '../refusals';
import { defaultLanguage, type Services } from '../services';
import { serve } from './serve';

export function mainActors({ identity, payments, market }: Services) {
  return {
    greet: serve(async ({ msisdn }: { msisdn: string }): Promise<Greeting> => {
      const customer = await identity.byMsisdn(msisdn as Msisdn);
      if (!customer) throw refusal('unregistered');
      if (customer.status !== 'active') throw refusal('account_closed');
      const last = await payments.lastPayment(customer.customerId);
      return {
        customerId: customer.customerId,
        language: isLanguage(customer.language) ? customer.language : defaultLanguage,
        currency: market.currency,
        firstName: customer.firstName,
        isAgent: customer.role === 'agent',
        ...(last && { notice: noticeOf(last) }),
      };
    }),
    noticeSeen: serve(({ paymentId }: { paymentId: string }) => payments.markSeen({ paymentId })),
  };
}

function noticeOf({ name, amountMinor, reference, ...rest }: LastPayment): NonNullable<Greeting['notice']> {
  return { ...rest, payee: name, amountMinor: amountMinor.toString(), reference: reference ?? '' };
}
