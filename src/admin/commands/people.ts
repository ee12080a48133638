import { z } from 'zod';
import { fullName } from '../../identity';
import { err, formatDateTime, ok, parseMsisdn } from '../../platform';
import { who, words } from '../args';
import { defineCommand, type InTx } from '../command';
import { staffRoles } from '../member';
import { aboutPerson, findPerson, maskedRow, openRow } from '../people';
import { insertFraudCheck, lastFraudCheck, longestUnchecked } from '../store';

const foundMax = 20;

export const person = defineCommand({
  name: 'person',
  summary: 'look somebody up, masked: by phone, user number, or words of the name',
  usage: '<who>',
  order: ['who'],
  roles: staffRoles.filter((role) => role !== 'admin'),
  args: z.strictObject({ who: words(60) }),
  effect: 'read',
  run: async ({ deps, tx }, args) => {
    const found = await findPerson({ deps, tx }, args.who);
    if (found.ok) {
      const rows = [{ ...maskedRow(found.value), frozen: await frozenOf({ deps, tx }, found.value.customerId) }];
      return ok({ says: '1 person', rows, about: aboutPerson(found.value) });
    }
    const msisdn = parseMsisdn(args.who, deps.market.country);
    const people = msisdn
      ? await deps.identity.peopleOf(msisdn)
      : await deps.identity.byName(tx, args.who.split(/\s+/).slice(0, 5), foundMax);
    if (people.length === 0) return err('person_unknown');
    const more = people.length === foundMax ? ' or more: say more of the name' : '';
    return ok({ says: `${people.length} people${more}`, rows: people.map(maskedRow) });
  },
});

/** R267. Who looks at papers says why, and the forensic log keeps that they did. */
export const reveal = defineCommand({
  name: 'reveal',
  summary: 'name, phone, birth date, national ID, accounts and last fraud check of a person; your reason is kept',
  usage: '<who>',
  order: ['who'],
  roles: ['call_centre', 'fraud', 'risk', 'auditor'],
  args: z.strictObject({ who }),
  effect: 'rows',
  run: async (at, args) => {
    const { deps, tx, actor } = at;
    const found = await findPerson(at, args.who);
    if (!found.ok) return found;
    const customer = found.value;
    const papers = await deps.identity.papersOf(tx, customer.customerId);
    const check = await lastFraudCheck(tx, customer.customerId);
    const about = aboutPerson(customer);
    const row = {
      ...openRow(customer),
      'birth date': papers.birthDate,
      'national ID': papers.nationalId,
      frozen: await frozenOf(at, customer.customerId),
      'last fraud check': check ? `${formatDateTime(check.checkedAt, deps.market)} by ${check.checkedBy}` : 'never',
    };
    const accounts = await accountLines(at, customer.customerId);
    const text = [...accounts, ...(check ? [`last check said: ${check.comments}`] : [])].join('\n');
    const events = [{ action: 'person.revealed', actor, subject: about } as const];
    return ok({ says: `user ${customer.userNumber} was shown`, rows: [row], text, about, events });
  },
});

async function accountLines({ deps, tx }: InTx, customerId: string): Promise<string[]> {
  const lines: string[] = [];
  for (const account of await deps.accounts.of(tx, customerId)) {
    const books = await deps.ledger.balance(tx, account.accountId);
    const { accountId, name, purpose, rank, isPrimary } = account;
    const primary = isPrimary ? ', primary' : '';
    lines.push(`account ${accountId} ${name}: ${purpose}, ${rank}${primary}, ${books?.status ?? 'unknown'}`);
  }
  return lines;
}

async function frozenOf({ deps, tx }: Pick<InTx, 'deps' | 'tx'>, customerId: string): Promise<string> {
  const standing = await deps.freezes.standing(tx, customerId);
  return standing.map(({ number, side }) => `${side} (${number})`).join(', ');
}

/** A number is lent: who had it, from when to when, and with which SIM. */
export const phone = defineCommand({
  name: 'phone',
  summary: 'who had a phone number and when, with changes of its SIM',
  usage: '<number>',
  order: ['number'],
  roles: ['call_centre', 'fraud', 'risk', 'auditor'],
  args: z.strictObject({ number: words(30) }),
  effect: 'read',
  run: async ({ deps, tx }, args) => {
    const msisdn = parseMsisdn(args.number, deps.market.country);
    if (!msisdn) return err('phone_malformed');
    const uses = await deps.identity.phoneHistory(tx, msisdn);
    const rows = uses.map((use) => ({
      'user number': use.userNumber,
      from: formatDateTime(use.from, deps.market),
      to: use.to ? formatDateTime(use.to, deps.market) : 'now',
      'SIM epoch': use.simEpoch.toString(),
      default: use.isDefault ? 'yes' : '',
    }));
    return ok({ says: `${rows.length} assignments`, rows, about: { kind: 'phone', id: msisdn } });
  },
});

/** R266. */
export const fraudCheck = defineCommand({
  name: 'fraud-check',
  summary: 'note that you looked at somebody, and what you saw',
  usage: '<who> <comments>',
  order: ['who', 'comments'],
  roles: ['fraud'],
  isReasonRequired: false,
  args: z.strictObject({ who, comments: words(500) }),
  effect: 'rows',
  run: async (at, args) => {
    const found = await findPerson(at, args.who);
    if (!found.ok) return found;
    const { deps, tx, by, actId, actor } = at;
    const about = aboutPerson(found.value);
    await insertFraudCheck(tx, {
      ...{ actId, customerId: found.value.customerId, comments: args.comments },
      ...{ checkedBy: by.staffId, checkedAt: deps.clock.now() },
    });
    const events = [{ action: 'person.checked', actor, subject: about } as const];
    return ok({ says: `user ${found.value.userNumber} is checked`, about, events });
  },
});

/** R266: never, or longest ago. */
export const fraudQueue = defineCommand({
  name: 'fraud-queue',
  summary: 'whom nobody looked at yet, or longest ago',
  usage: '[<limit>]',
  order: ['limit'],
  roles: ['fraud', 'risk', 'auditor'],
  args: z.strictObject({
    limit: z
      .string()
      .regex(/^[1-9]\d{0,2}$/, 'must be a number up to 999')
      .default('20'),
  }),
  effect: 'read',
  run: async ({ deps, tx }, { limit }) => {
    const waiting = await longestUnchecked(tx, Number(limit));
    const rows: Record<string, string>[] = [];
    for (const { customerId, checkedAt } of waiting) {
      const customer = await deps.identity.byId(tx, customerId);
      if (!customer) continue;
      const checked = checkedAt ? formatDateTime(checkedAt, deps.market) : 'never';
      rows.push({ checked, 'user number': customer.userNumber, name: fullName(customer), role: customer.role });
    }
    return ok({ says: `${rows.length} people`, rows });
  },
});
