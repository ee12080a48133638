import { err, type Result } from '../platform';
import { decideAct, makeAct, sweepActs, type ActResult, type Asked, type Decided } from './acts';
import type { StaffDeps } from './deps';
import type { Member } from './member';
import { authenticate } from './members';
import { commandOf } from './registry';

export interface Staff {
  /** Whose token it is. Errors: `token_unknown`, `token_expired`, `member_disabled`, `member_dormant`. */
  authenticate(
    token: string,
  ): Promise<Result<Member, 'token_unknown' | 'token_expired' | 'member_disabled' | 'member_dormant'>>;
  /**
   * Does or proposes what a member asks: `command` by its name, `args` as they came. Errors: `command_unknown`,
   * `role_refused`, `argument_invalid` (detail `field`, `why`), `reason_missing`, `act_different`, `member_invited`, and the
   * command's own.
   */
  make(by: Member, asked: Omit<Asked, 'command'> & { readonly command: string }): Promise<ActResult>;
  /** Errors: `act_unknown`, `act_decided`, `act_expired`, `same_person`, `role_refused`, and the command's own. */
  decide(by: Member, decided: Decided): Promise<ActResult>;
  /** Expires proposals, and finishes what a process that died left approved. Returns how many. */
  sweep(): Promise<number>;
}

export function createStaff(deps: StaffDeps): Staff {
  return {
    authenticate: (token) => authenticate(deps, token),
    make: async (by, asked) => {
      const command = commandOf(asked.command);
      if (!command) return err('command_unknown');
      if (by.status !== 'active' && command.name !== 'activate') return err('member_invited');
      return makeAct(deps, by, { ...asked, command });
    },
    decide: async (by, decided) => {
      if (by.status !== 'active') return err('member_invited');
      return decideAct(deps, by, { decided, commandOf });
    },
    sweep: () => sweepActs(deps, commandOf),
  };
}
