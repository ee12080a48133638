/** Admin: what the provider's staff may do. They never see, set or learn a PIN. */
export { runStaffCommand, usage, type StaffError } from './commands';
