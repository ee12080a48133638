/**
 * Admin: what the provider's staff may do, and their door. It promises that
 * - every command is an act of a named member whose role allows it, with a reason where it changes anything, recorded in
 *   the forensic log in the same transaction;
 * - what needs a second person is not done before another one approved, which the database holds too;
 * - an act happens once, whoever approves at the same time, however often it is sent;
 * - tokens are kept as keyed digests, expire, and nobody has one by default;
 * - nobody ever sees, sets or learns a PIN.
 */
export type { ActAnswer } from './acts';
export { sentenceOf, staffErrors, type StaffError } from './errors';
export { parseLine } from './line';
export type { Member } from './member';
export { staffRoles, type StaffRole } from './member';
export { bootstrap, disableSandbox, enrolSandbox, tokenKeyOf, type NewMember } from './members';
export { commands } from './registry';
export { createStaffRoutes } from './routes';
export { createStaff, type Staff } from './staff';
