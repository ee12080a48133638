/** Africa's Talking: USSD and SMS, both directions. What is peculiar to it is here and nowhere else. */
import type { Aggregator } from '../port';
import { createRoutes, type RouteOptions } from './routes';
import { createSmsSender, type SmsOptions } from './sms';

export function createAfricasTalking(options: RouteOptions & { readonly sms: SmsOptions }): Aggregator {
  return { name: 'africastalking', routes: createRoutes(options), sms: createSmsSender(options.sms) };
}
