import { readFile } from 'node:fs/promises';
import { StartError } from './start-error';

/** An account of the system, as /etc/passwd lists it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Under whom PostgreSQL runs when we are root, which it refuses to run under: `ownerUid` (who owns the data already)
 * when that is an ordinary account, else `postgres`, else `nobody`. Accounts are never created.
 */
export async function accountForPostgres(ownerUid?: number): Promise<Account> {
  const accounts = await readAccounts();
  const account =
    accounts.find(({ uid }) => uid !== 0 && uid === ownerUid) ??
    accounts.find(({ name, uid }) => name === 'postgres' && uid !== 0) ??
    accounts.find(({ name, uid }) => name === 'nobody' && uid !== 0);
  if (account) return account;
  throw new StartError(
    'PostgreSQL refuses to run as root and this machine has neither an account "postgres" nor "nobody": start as an ordinary user, or set DATABASE_URL',
  );
}

async function readAccounts(): Promise<Account[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}
