import type { Audit } from '../audit';
import type { Identity } from '../identity';
import type { Notifications } from '../notifications';
import { err, ok, parseMsisdn, type Db, type Market, type Result } from '../platform';

export interface StaffDeps {
  readonly db: Db;
  readonly identity: Identity;
  readonly notifications: Notifications;
  readonly market: Market;
  readonly audit: Audit;
  /** Who does it, for the forensic log. */
  readonly staffId: string;
}

export type StaffError = 'usage' | 'msisdn_invalid' | 'customer_unknown';

/** What a command did, as its first line says it. */
type Done = Result<string, StaffError>;
type Command = (deps: StaffDeps, args: readonly string[]) => Promise<Done>;

const commands: Readonly<Record<string, Command>> = { unlock };

export const usage = 'usage: npm run staff -- unlock <msisdn>';

/** Carries out `unlock 0712345678` and the like. Errors: `usage`, `msisdn_invalid`, `customer_unknown`. */
export async function runStaffCommand(deps: StaffDeps, [name = '', ...args]: readonly string[]): Promise<Done> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  return command ? command(deps, args) : err('usage');
}

/** Gives a customer the three PIN attempts back, and tells them. The PIN stays what it was: nobody here knows it. */
async function unlock(deps: StaffDeps, [typed]: readonly string[]): Promise<Done> {
  const { db, identity, notifications, market, audit, staffId } = deps;
  if (typed === undefined) return err('usage');
  const msisdn = parseMsisdn(typed, market.country);
  if (!msisdn) return err('msisdn_invalid');
  const customer = await identity.byMsisdn(msisdn);
  if (!customer) return err('customer_unknown');
  return db.tx(async (tx) => {
    const wasMissing = await identity.unlock(tx, customer.customerId);
    if (!wasMissing) return ok(`${msisdn} has all attempts left: nothing to unlock`);
    await notifications.tell(tx, customer, 'sms.pinUnlocked');
    const subject = { kind: 'customer', id: customer.customerId };
    await audit.record(tx, [{ action: 'pin.unlocked', actor: { kind: 'staff', id: staffId }, subject }]);
    return ok(`${msisdn} is unlocked`);
  });
}
