import { z } from 'zod';
import { err, formatDateTime, ok } from '../../platform';
import { staffId, words } from '../args';
import { defineCommand } from '../command';
import { staffRoles } from '../member';
import { invite, inviteAgain, renewOwn } from '../members';
import { allMembers, disableMember, memberById } from '../store';

const fullName = words(80).min(2, 'must have at least 2 letters');
const subjectOf = (id: string) => ({ kind: 'staff', id });

export const staffList = defineCommand({
  name: 'staff-list',
  summary: 'who works here, with which role, and when they were last here',
  usage: '',
  order: [],
  roles: ['admin', 'auditor', 'risk'],
  args: z.strictObject({}),
  effect: 'read',
  run: async ({ deps, tx }) => {
    const members = await allMembers(tx);
    const timeOf = (at: Date | null) => (at ? formatDateTime(at, deps.market) : '');
    const rows = members.map((member) => ({
      member: member.staffId,
      name: member.fullName,
      role: member.role,
      status: member.status,
      'last here': timeOf(member.lastSeenAt),
      'token until': timeOf(member.tokenExpiresAt),
      sandbox: member.isSandbox ? 'yes' : '',
    }));
    return ok({ says: `${members.length} members`, rows });
  },
});

export const staffAdd = defineCommand({
  name: 'staff-add',
  summary: 'invite a member; the approver hands the invitation over',
  usage: '<staffId> <role> <fullName>',
  order: ['staffId', 'role', 'fullName'],
  roles: ['admin'],
  checkers: ['admin'],
  args: z.strictObject({ staffId, role: z.enum(staffRoles, `must be one of ${staffRoles.join(', ')}`), fullName }),
  effect: 'rows',
  run: async ({ deps, tx, actor, actId }, member) => {
    const token = await invite(tx, deps, { ...member, actId });
    if (token === undefined) return err('staff_exists');
    const events = [
      { action: 'staff.invited', actor, subject: subjectOf(member.staffId), new: { role: member.role } } as const,
    ];
    const says = `${member.staffId} is invited as ${member.role} for a day`;
    return ok({ says, once: token, about: subjectOf(member.staffId), events });
  },
});

export const staffRenew = defineCommand({
  name: 'staff-renew',
  summary: 'invite a member again, whose token is lost or expired or who was away or disabled',
  usage: '<staffId>',
  order: ['staffId'],
  roles: ['admin'],
  checkers: ['admin'],
  args: z.strictObject({ staffId }),
  effect: 'rows',
  run: async ({ deps, tx, actor, actId }, args) => {
    const member = await memberById(tx, args.staffId);
    if (!member) return err('staff_unknown');
    const once = await inviteAgain(tx, deps, { staffId: args.staffId, actId });
    const about = subjectOf(args.staffId);
    const events = [{ action: 'staff.invited', actor, subject: about, old: { status: member.status } } as const];
    return ok({ says: `${args.staffId} is invited again for a day`, once, about, events });
  },
});

export const staffDisable = defineCommand({
  name: 'staff-disable',
  summary: 'shut a member out, at once',
  usage: '<staffId>',
  order: ['staffId'],
  roles: ['admin'],
  args: z.strictObject({ staffId }),
  effect: 'rows',
  run: async ({ tx, by, actor }, args) => {
    if (args.staffId === by.staffId) return err('staff_self');
    const about = subjectOf(args.staffId);
    if (!(await memberById(tx, args.staffId))) return err('staff_unknown');
    if (!(await disableMember(tx, args.staffId))) return ok({ says: `${args.staffId} was disabled before`, about });
    const events = [{ action: 'staff.disabled', actor, subject: about } as const];
    return ok({ says: `${args.staffId} is disabled`, about, events });
  },
});

/** For the invited and for everybody who wants another token: nobody else ever sees the new one. */
export const activate = defineCommand({
  name: 'activate',
  summary: 'change your invitation or token for a new token, which is shown once',
  usage: '',
  order: [],
  roles: staffRoles,
  isReasonRequired: false,
  args: z.strictObject({}),
  effect: 'rows',
  run: async ({ deps, tx, by, actor }) => {
    const once = await renewOwn(tx, deps, by.staffId);
    const about = subjectOf(by.staffId);
    const events = [{ action: 'staff.activated', actor, subject: about, old: { status: by.status } } as const];
    return ok({ says: `${by.staffId} has a new token for 90 days`, once, about, events });
  },
});
