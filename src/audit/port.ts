import type { Attachment, Json, Tx } from '../platform';

/** What the forensic log knows to have happened: what, and what became of it. */
export type AuditAction =
  | 'service.started'
  | 'service.stopped'
  | 'customer.registered'
  | 'customer.closed'
  | 'language.changed'
  | 'phone.assigned'
  | 'phone.asked'
  | 'phone.refused'
  | 'phone.removed'
  | 'phone.contact_changed'
  | 'phone.default_changed'
  | 'phone.sim_swapped'
  | 'pin.set'
  | 'pin.changed'
  | 'pin.locked'
  | 'pin.unlocked'
  | 'pin.reset_started'
  | 'pin.reset_ended'
  | 'pin.reset'
  | 'account.opened'
  | 'account.named'
  | 'account.renamed'
  | 'account.primary_changed'
  | 'account.closed'
  | 'account.holder_added'
  | 'account.holder_removed'
  | 'account.holder_ranked'
  | 'account.holder_invited'
  | 'account.status_changed'
  | 'account.bounds_changed'
  | 'limits.changed'
  | 'ledger.time_zone_changed'
  | 'ledger.carried_over'
  | 'key.added'
  | 'payment.completed'
  | 'payment.failed'
  | 'payment.requested'
  | 'payment.approved'
  | 'payment.rejected'
  | 'payment.expired'
  | 'code.issued'
  | 'code.spent'
  | 'code.told'
  | 'code.asked'
  | 'id.seen'
  | 'id.mismatched'
  | 'float.asked'
  | 'float.refused'
  | 'agent.alarms_changed'
  | 'agent.super_changed'
  | 'invoice.issued'
  | 'invoice.rejected'
  | 'invoice.cancelled'
  | 'invoice.expired'
  | 'till.opened'
  | 'till.closed'
  | 'till.operator_added'
  | 'till.operator_removed'
  | 'money.opened'
  | 'money.given_up'
  | 'case.opened'
  | 'case.taken'
  | 'case.noted'
  | 'case.answered'
  | 'case.decided'
  | 'case.appealed'
  | 'case.closed'
  | 'hold.released'
  | 'transfer.overridden'
  | 'transfer.contradicted'
  | 'transfer.corrected'
  | 'settlement.closed'
  | 'settlement.compared'
  | 'rule.proposed'
  | 'rule.approved'
  | 'rule.rejected'
  | 'tier.changed'
  | 'application.made'
  | 'application.approved'
  | 'application.refused'
  | 'role.changed'
  | 'freeze.made'
  | 'freeze.lifted'
  | 'freeze.ended'
  | 'person.revealed'
  | 'person.checked'
  | 'staff.looked'
  | 'staff.refused'
  | 'staff.act_begun'
  | 'staff.act_proposed'
  | 'staff.act_approved'
  | 'staff.act_rejected'
  | 'staff.act_expired'
  | 'staff.act_done'
  | 'staff.act_failed'
  | 'staff.invited'
  | 'staff.activated'
  | 'staff.disabled'
  | 'heads.published'
  | 'period.closed'
  | 'period.archived';

export type ActorKind = 'customer' | 'staff' | 'system' | 'provider';

export interface AuditEvent {
  /** When it happened; default: now. */
  readonly at?: Date | undefined;
  readonly action: AuditAction;
  readonly actor: { readonly kind: ActorKind; readonly id: string };
  /** To whom or what; ids only, a phone number being one. */
  readonly subject: { readonly kind: string; readonly id: string };
  /** The transfer that it belongs to. */
  readonly transferId?: string | undefined;
  /** What ties it to the hop or call that caused it. */
  readonly traceId?: string | undefined;
  /** What was there before. Neither here nor in `new` may a key look like a secret or like a person's papers. */
  readonly old?: Json | undefined;
  readonly new?: Json | undefined;
}

/** The port to the forensic log: it is written to, and nothing in it is ever changed. */
export interface Audit {
  /**
   * Adds one link to chain 0, with the events in their order, in the caller's transaction. It must be the last thing
   * that the transaction does: whoever records at the same time waits until its end. Nothing to record does nothing.
   * Throws on an event that would keep a secret or a person's papers, naming the key and not its value.
   */
  record(tx: Tx, events: readonly AuditEvent[]): Promise<void>;
  /** The event as a row that the ledger commits with its transfer. Throws as `record` does. */
  attachment(event: AuditEvent): Attachment;
}
