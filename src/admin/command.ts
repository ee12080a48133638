import type { z } from 'zod';
import type { AuditEvent } from '../audit';
import type { Json, Result, Tx } from '../platform';
import type { StaffDeps } from './deps';
import type { StaffError } from './errors';
import type { Member, StaffRole } from './member';

/** What a command did or found. */
export interface Answer {
  /** One line; it is kept with the act, so neither secrets nor papers. */
  readonly says: string;
  /** A table, a row each; names of columns are the keys. Amounts are decimals. Not kept. */
  readonly rows?: readonly Readonly<Record<string, string>>[];
  /** Longer text, as it stands. Not kept. */
  readonly text?: string;
  /** Shown this once and kept nowhere. */
  readonly once?: string;
  /** Whom or what it was about, for the forensic log's record of the act. */
  readonly about?: { readonly kind: string; readonly id: string };
  /** Recorded in the transaction, before the act itself. */
  readonly events?: readonly AuditEvent[];
}

export type Done = Result<Answer, StaffError>;

/** Where a command stands when it works. */
interface Where {
  readonly deps: StaffDeps;
  readonly by: Member;
  /** The same as the forensic log and the books name them. */
  readonly actor: { readonly kind: 'staff'; readonly id: string };
  readonly actId: string;
  /** Empty where the command asks for none. */
  readonly reason: string;
}
/** Where money moves. */
export interface WithMoney extends Where {
  /** A UUIDv7 of today that is on record: the key by which the money knows that it has moved. */
  readonly effectId: string;
}

/** In a transaction that commits with the act, or rolls back when the command refuses. */
export interface InTx extends Where {
  readonly tx: Tx;
}

/**
 * How it works:
 * - `read`: finds something out, in a transaction; no act is kept, the forensic log knows who looked;
 * - `rows`: changes rows in the transaction that closes the act: once, or not at all;
 * - `money`: moves money, which has transactions of its own. It may be called again after a crash: `effectId` must be the
 *   key by which the money knows that it has moved.
 */
interface Checked<A> {
  /** Asked before it is proposed: what can't be done needs no second person. It may be otherwise by the time of approval. */
  readonly check?: (at: InTx, args: A) => Promise<Result<unknown, StaffError>>;
}
type Work<A> = Checked<A> &
  (
    | { readonly effect: 'read' | 'rows'; readonly run: (at: InTx, args: A) => Promise<Done> }
    | { readonly effect: 'money'; readonly run: (at: WithMoney, args: A) => Promise<Done> }
  );

interface Described {
  /** As it is typed: `freeze`. */
  readonly name: string;
  /** What it does, one line. */
  readonly summary: string;
  /** What follows the name: `<who> <side> [--until <date>]`. */
  readonly usage: string;
  /** The arguments that may be typed without their names, in this order. */
  readonly order: readonly string[];
  readonly roles: readonly StaffRole[];
  /** Who may decide over it, never the one who made it. Absent: it is carried out at once. A line in staff_checked_command (a migration) makes the database ask for it as well. */
  readonly checkers?: readonly StaffRole[];
  /** One of the arguments is a file: what is sent may be long. */
  readonly takesFile?: boolean;
  /** Default: whatever changes something needs one. */
  readonly isReasonRequired?: boolean;
}

/** A command as the registry keeps it. */
export type Command = Described & {
  readonly args: z.ZodType;
} & Work<unknown>;

/**
 * Describes a command. `args` is a strict object of strings: what is parsed is kept in the act and parsed again when it
 * is carried out, so parsing twice must give the same.
 */
export function defineCommand<S extends z.ZodType>(
  command: Described & { readonly args: S } & Work<z.output<S>>,
): Command {
  return command as Command; // `run` only ever gets what `args` made
}

export function needsReason({ effect, isReasonRequired = effect !== 'read' }: Command): boolean {
  return isReasonRequired;
}

/** The arguments as an act keeps them. */
export type Args = Readonly<Record<string, Json>>;
