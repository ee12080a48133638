import type { Log } from '../../platform';
import { basic, type Ask, type Credentials } from './client';
import type { Directory } from './directory';
import { uriOfMember } from './identifiers';
import type { Ledger } from './ledger';

export interface EnrolmentOptions {
  readonly dfspId: string;
  readonly directoryUrl: string;
  /** Others beside it, by scheme of URI: we are a member of each. */
  readonly directoryUrls?: Readonly<Record<string, string>>;
  /** As the ledger is to know us. */
  readonly credentials: Credentials;
  /** As the directory is to have it, with our key. */
  readonly providerUrl: string;
  /** In a sandbox we make ourselves known; elsewhere the scheme's operator has done that. */
  readonly operator?: Credentials;
}

interface EnrolmentDeps {
  readonly ask: Ask;
  readonly directory: Directory;
  readonly ledger: Ledger;
  readonly log: Log;
}

/**
 * Makes this provider a member where it is none yet, and sees to it that the others find it by its name. Throws where that
 * can't be yet. Where the directory has another address or key for us, nobody would take a message of ours: that is logged.
 */
export async function enrol(options: EnrolmentOptions, { ask, directory, ledger, log }: EnrolmentDeps): Promise<void> {
  const { dfspId, directoryUrl, directoryUrls = {}, credentials, providerUrl, operator } = options;
  if (operator) {
    const member = { name: dfspId, shortName: dfspId, providerUrl };
    const asking = { method: 'POST', headers: basic(operator) } as const;
    for (const url of new Set([directoryUrl, ...Object.values(directoryUrls)])) {
      await done(ask({ ...asking, url: `${url}/commands/register`, body: member }), 'AlreadyExistsError');
    }
    const account = { name: dfspId, password: credentials.secret };
    await done(ledger.ask({ method: 'POST', path: '/accounts', body: account }), 'RecordExistsError');
  }
  const added = await directory.add(uriOfMember(dfspId));
  if (added.status === 'refused') throw new Error(`the directory does not take us: ${added.error.description}`);
  const found = await directory.member(dfspId, {});
  if (found !== undefined && 'moneyMoved' in found) throw new Error(`the directory fails: ${found.description}`);
  if (found?.providerUrl !== providerUrl) {
    log.error('the directory has another address or key for us: its operator has to change that');
  }
  const itself = await ledger.itself();
  if ('moneyMoved' in itself) throw new Error(`the ledger can't be used: ${itself.description}`);
}

/** Resolves where it is done, now or long ago. */
async function done(asked: ReturnType<Ask>, known: string): Promise<void> {
  const reply = await asked;
  if (reply.kind === 'taken' || (reply.kind === 'refused' && reply.id === known)) return;
  throw new Error(`the scheme does not take us: ${reply.error.description}`);
}
