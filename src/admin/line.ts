import { err, ok, type Result } from '../platform';
import { commandOf } from './registry';

/** What a member typed, as the door takes it. */
export type Line =
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly args: Record<string, string>;
      readonly reason?: string;
    }
  | {
      readonly kind: 'decision';
      readonly act: string;
      readonly decision: 'approve' | 'reject';
      readonly reason?: string;
    };

type LineError = 'command_unknown' | 'argument_unknown' | 'value_missing';

/**
 * Reads `unlock 0712345678 --reason "called, ID checked"`: what stands without a name goes by the command's order.
 * Errors: `command_unknown`; `argument_unknown`, `value_missing` (detail `field`).
 */
export function parseLine([name = '', ...typed]: readonly string[]): Result<Line, LineError> {
  if (name === 'approve' || name === 'reject') {
    const fields = fieldsOf(typed, ['act']);
    return fields.ok ? decisionOf(name, fields.value) : fields;
  }
  const command = commandOf(name);
  if (!command) return err('command_unknown');
  const fields = fieldsOf(typed, command.order);
  if (!fields.ok) return fields;
  const { reason, ...args } = fields.value;
  return ok({ kind: 'command', command: name, args, ...(reason !== undefined && { reason }) });
}

function decisionOf(decision: 'approve' | 'reject', fields: Record<string, string>): Result<Line, LineError> {
  const { reason, act, ...others } = fields;
  const [strange] = Object.keys(others);
  if (strange !== undefined) return err('argument_unknown', { field: strange });
  if (act === undefined) return err('value_missing', { field: 'act' });
  return ok({ kind: 'decision', act, decision, ...(reason !== undefined && { reason }) });
}

/** `--name value` anywhere, the others in the given order. */
function fieldsOf(typed: readonly string[], order: readonly string[]): Result<Record<string, string>, LineError> {
  const left = [...order];
  const fields: Record<string, string> = {};
  for (let at = 0; at < typed.length; at += 1) {
    const word = typed[at] ?? '';
    const isName = word.startsWith('--');
    const field = isName ? word.slice(2) : left.shift();
    if (field === undefined) return err('argument_unknown', { field: word });
    if (isName) at += 1;
    const value = typed[at];
    if (value === undefined) return err('value_missing', { field });
    fields[field] = value;
  }
  return ok(fields);
}
