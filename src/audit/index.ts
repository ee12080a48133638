/**
 * Audit: the forensic log, who did what to what. It promises that
 * - what is recorded commits with what it tells of, or not at all;
 * - no row of it, and no row of the ledger, can be changed, moved, dropped or added without `verify` naming the place;
 * - what was published outside of the database binds its owner too;
 * - it keeps no PIN, no key and nobody's papers.
 * Who may do what, and what money does, are the business of other rooms.
 */
export { publicKeysOf } from './document';
export { pathOfPerson, pathOfTransfer, type Path } from './path';
export { textOfPath } from './path-text';
export type { Audit, AuditAction, AuditEvent } from './port';
export { createHeadPublisher, type HeadPublisher } from './publish';
export { createAudit } from './record';
export { textOf, type AuditReport } from './report';
export { verify, verifySnapshot } from './verify';
