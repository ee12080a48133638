import type { Walk } from './random-walk-call';

/** A number whose owner closed their profile, and what only the two of them know. */
interface LeftNumber {
  readonly msisdn: string;
  readonly leftAt: Date;
  /** When somebody else came to it; null: nobody has. */
  readonly takenAt: Date | null;
  readonly userNumber: string;
  /** Of payments that nobody who came later has to do with, of cases and of invoices. */
  readonly marks: readonly string[];
}

export interface OwnerFindings {
  /** Numbers that somebody left, that somebody came to afterwards, and screens and SMS that these have seen. */
  readonly left: number;
  readonly taken: number;
  readonly seen: number;
  readonly shown: string[];
}

/** R55, B15: whoever comes to a number sees nothing of whoever was there before, on no screen and in no SMS. */
export async function ownersOff({ world, shown }: Walk): Promise<OwnerFindings> {
  const numbers = await leftNumbers(world.owner);
  let seen = 0;
  const told = numbers.flatMap(({ msisdn, leftAt, takenAt, userNumber, marks }) => {
    const screens = shown.filter((one) => one.msisdn === msisdn && one.dialledAt > leftAt).map(({ text }) => text);
    const messages = world.received
      .filter(({ to, at }) => to === msisdn && takenAt !== null && at > takenAt)
      .map(({ body }) => body);
    seen += screens.length + messages.length;
    return [...screens, ...messages].flatMap((text) => {
      const words = new Set(text.split(/[^0-9A-Za-z]+/));
      const found = [userNumber, ...marks].filter((mark) => words.has(mark));
      return found.map((mark) => `${msisdn} shows ${mark} of ${userNumber}: ${JSON.stringify(text)}`);
    });
  });
  const taken = numbers.filter(({ takenAt }) => takenAt !== null).length;
  return { left: numbers.length, taken, seen, shown: told };
}

/** Shared phones are left out: who stays on one may know whom they shared it with. */
async function leftNumbers(owner: Walk['world']['owner']): Promise<LeftNumber[]> {
  return owner.rows<LeftNumber & Record<string, unknown>>({
    text: `select p.msisdn, p.valid_to as "leftAt", c.user_number as "userNumber",
             (select min(n.valid_from) from phone_assignment n
              where n.msisdn = p.msisdn and n.valid_from >= p.valid_to) as "takenAt",
             array(
               select m.reference from payment m where c.customer_id in (m.payer_id, m.payee_id) and not exists (
                 select from phone_assignment o where o.msisdn = p.msisdn and o.customer_id <> c.customer_id
                   and o.customer_id in (m.payer_id, m.payee_id))
               union all
               select k.number from redress_case k where k.customer_id = c.customer_id) as marks
           from customer c join phone_assignment p on p.customer_id = c.customer_id and p.valid_to = c.closed_at
           where c.status = 'closed' and not exists (
             select from phone_assignment s where s.msisdn = p.msisdn and s.customer_id <> c.customer_id
               and s.valid_from < p.valid_to and (s.valid_to is null or s.valid_to >= p.valid_to))`,
  });
}
