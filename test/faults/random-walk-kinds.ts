import type { Walk } from './random-walk-call';

/** So many hops reach every kind of thing that a walk is for. */
export const hopsForAll = 20_000;

const events = (name: string, ...actions: readonly string[]): string =>
  `select '${name}' as kind, count(*) as n from audit_event where action in ('${actions.join("', '")}')`;
const rows = (name: string, from: string): string => `select '${name}' as kind, count(*) as n from ${from}`;

const decidedByStaff = (comparison: '=' | '<>'): string =>
  `audit_event e join redress_case k on e.subject_id = k.case_id::text
   where e.action = 'case.decided' and e.actor_kind = 'staff' and k.kind ${comparison} 'wrong_send'`;

const kinds: readonly string[] = [
  events('people who registered', 'customer.registered'),
  events('profiles closed', 'customer.closed'),
  rows(
    'numbers taken up again after a profile was closed',
    `phone_assignment p where exists (select from phone_assignment b join customer c using (customer_id)
       where b.msisdn = p.msisdn and b.valid_to = c.closed_at and b.valid_to <= p.valid_from)`,
  ),
  events('applications handed in', 'application.made'),
  events('applications approved', 'application.approved'),
  events('applications refused', 'application.refused'),
  rows('disputes opened', `redress_case where kind <> 'wrong_send'`),
  rows('money called sent by mistake', `redress_case where kind = 'wrong_send'`),
  rows('disputes decided by the staff', decidedByStaff('<>')),
  rows('money sent by mistake decided by the staff', decidedByStaff('=')),
  events('cases appealed', 'case.appealed'),
  events('SIM swaps that were noticed', 'phone.sim_swapped'),
  events('codes for a new PIN sent', 'pin.reset_started'),
  events('PINs set by a code', 'pin.reset'),
  events('PINs changed', 'pin.changed'),
  events('phones added', 'phone.assigned'),
  events('phones removed', 'phone.removed'),
  events('contact phones changed', 'phone.contact_changed'),
  events('accounts opened', 'account.opened'),
  events('invoices issued', 'invoice.issued'),
  events('freezes made', 'freeze.made'),
];

/** How often each kind of thing has happened. */
export async function kindsOf({ world }: Walk): Promise<Readonly<Record<string, number>>> {
  const found = await world.owner.rows<{ kind: string; n: bigint }>({ text: kinds.join(' union all ') });
  return Object.fromEntries(found.map(({ kind, n }) => [kind, Number(n)]));
}
