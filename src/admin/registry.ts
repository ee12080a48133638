import type { Command } from './command';
import { act, acts } from './commands/acts';
import { activate, staffAdd, staffDisable, staffList, staffRenew } from './commands/members';
import { unlock } from './commands/unlock';

/** Everything that the staff can do. A new command is a file in commands/ and a line here. */
export const commands: readonly Command[] = [
  unlock,
  acts,
  act,
  activate,
  staffList,
  staffAdd,
  staffRenew,
  staffDisable,
];

const byName = new Map(commands.map((command) => [command.name, command]));

export function commandOf(name: string): Command | undefined {
  return byName.get(name);
}
