/** What a member of the staff may be; one each, so that nobody is maker and checker in one person. */
export const staffRoles = ['call_centre', 'agent_manager', 'fraud', 'finance', 'risk', 'auditor', 'admin'] as const;
export type StaffRole = (typeof staffRoles)[number];

/** Somebody who works for the provider. */
export interface Member {
  /** A short name that is theirs for good, e.g. `amani`: the forensic log knows them by it. */
  readonly staffId: string;
  readonly fullName: string;
  readonly role: StaffRole;
  /** `invited`: may do nothing but activate. */
  readonly status: 'invited' | 'active' | 'disabled';
}
