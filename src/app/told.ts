import type { Audit } from '../audit';
import type { Identity, SeenSwap } from '../identity';
import type { Notifications } from '../notifications';
import { assert, formatMoney, type Clock, type Market, type Msisdn, type Tx } from '../platform';
import type { Rules } from '../rules';
import type { Language, Renderer, SmsKey, Values } from '../ussd';

/** What rooms that know of no messages have the person told, in the transaction of what happened. */

/** The last attempt at the PIN was wrong. */
export async function tellLocked(
  { identity, notifications, audit }: { identity: Identity; notifications: Notifications; audit: Audit },
  tx: Tx,
  customerId: string,
): Promise<void> {
  const customer = await identity.byId(tx, customerId);
  assert(customer, 'who has a PIN is a customer');
  await notifications.tell(tx, customer, 'sms.pinLocked');
  const subject = { kind: 'customer', id: customerId };
  await audit.record(tx, [{ action: 'pin.locked', actor: { kind: 'customer', id: customerId }, subject }]);
}

/** The network says that there is another SIM behind a number. Ids only: for whom, and since when. */
export async function recordSwap(audit: Audit, tx: Tx, { msisdn, customerIds, swappedAt }: SeenSwap): Promise<void> {
  const event = { action: 'phone.sim_swapped', actor: { kind: 'provider', id: 'mno' } } as const;
  const seen = { msisdn, swappedAt: swappedAt.toISOString() };
  await audit.record(
    tx,
    customerIds.map((id) => ({ ...event, subject: { kind: 'customer', id }, new: seen })),
  );
}

interface ToldOfLimits {
  readonly rules: Rules;
  readonly identity: Identity;
  readonly notifications: Notifications;
  readonly market: Market;
  readonly clock: Clock;
}

/** What somebody may do now that their tier is another one. */
export async function tellLimits(
  { rules, identity, notifications, market, clock }: ToldOfLimits,
  tx: Tx,
  { customerId, tier }: { customerId: string; tier: string },
): Promise<void> {
  const customer = await identity.byId(tx, customerId);
  assert(customer, 'who has a tier is a customer');
  const request = { direction: 'out', product: 'send', channel: 'ussd', at: clock.now() } as const;
  const [limit] = rules.limits({ ...request, party: { role: customer.role, tier } });
  const amount = formatMoney(limit?.transferMaxMinor ?? rules.amountMaxMinor, market.currency);
  await notifications.tell(tx, customer, 'sms.limitsChanged', { amount });
}

interface TellerDeps {
  /** Made after what tells: the one needs the other. */
  readonly identity: () => Identity;
  readonly notifications: Notifications;
  readonly renderer: Renderer;
  readonly market: Market;
  /** Of people whom nobody knows. */
  readonly language: Language;
}

interface Tellers {
  readonly tell: (tx: Tx, customerId: string, text: SmsKey, values: Values) => Promise<void>;
  readonly tellPhone: (tx: Tx, msisdn: Msisdn, text: SmsKey, values: Values) => Promise<void>;
}

/** For rooms that tell people, or phones of nobody, something by its key. */
export function tellersOf({ identity, notifications, renderer, market, language }: TellerDeps): Tellers {
  const { serviceCode } = market;
  return {
    tell: async (tx, customerId, text, values) => {
      const customer = await identity().byId(tx, customerId);
      assert(customer, 'who is told something is known');
      await notifications.tell(tx, customer, text, { ...values, serviceCode });
    },
    tellPhone: (tx, msisdn, text, values) =>
      notifications.tellWords(tx, msisdn, renderer.sms(language, text, { ...values, serviceCode })),
  };
}
