import type { Clock, Json } from '../platform';
import { refuseSecrets } from './guard';
import type { Audit, AuditEvent } from './port';
import { recordEvents } from './store';

/** The forensic log on PostgreSQL. */
export function createAudit({ clock }: { clock: Clock }): Audit {
  return {
    record: async (tx, events) => {
      if (events.length === 0) return;
      const now = clock.now();
      await recordEvents(
        tx,
        now,
        events.map((event) => rowOf(event, now)),
      );
    },
    attachment: (event) => ({ writer: 'audit', row: rowOf(event, clock.now()) }),
  };
}

type Row = Readonly<Record<string, Json>>;

/** As audit_append in 0006_audit.sql reads it. */
function rowOf(event: AuditEvent, now: Date): Row {
  const { at = now, action, actor, subject, transferId, traceId } = event;
  refuseSecrets(event.old, 'old');
  refuseSecrets(event.new, 'new');
  return {
    at: `${at.getTime()}000`,
    action,
    actorKind: actor.kind,
    actorId: actor.id,
    subjectKind: subject.kind,
    subjectId: subject.id,
    ...(transferId !== undefined && { transferId }),
    ...(traceId !== undefined && { traceId }),
    ...(event.old !== undefined && { old: event.old }),
    ...(event.new !== undefined && { new: event.new }),
  };
}
