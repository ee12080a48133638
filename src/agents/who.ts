import type { HeldAccount } from '../accounts';
import type { Customer } from '../identity';
import { err, ok, type Result } from '../platform';
import type { AgentsDeps } from './deps';

/** Who calls, and the account that they work with. */
export interface Caller {
  readonly customerId: string;
  readonly accountId: string;
}

/** A call that brought the PIN. */
export interface PinCaller extends Caller {
  readonly pin: string;
  readonly hopKey: string;
}

/** Q4: an account does what its owner's role allows; who only looks on does nothing. Errors: `not_allowed`. */
export async function agentOf(
  { accounts, identity, db }: Pick<AgentsDeps, 'accounts' | 'identity' | 'db'>,
  { customerId, accountId }: Caller,
): Promise<Result<{ agent: Customer; account: HeldAccount }, 'not_allowed'>> {
  const account = await accounts.find(db, customerId, accountId);
  if (account?.purpose !== 'main' || account.rank === 'viewer') return err('not_allowed');
  const agent = await identity.byId(db, account.ownerId);
  return agent?.role === 'agent' && agent.status === 'active' ? ok({ agent, account }) : err('not_allowed');
}
