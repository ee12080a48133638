import type { Db, Sql } from '../platform';
import type { Walked } from './judge';
import { judgeMessages, type MessageOptions } from './messages';
import { readPublished, type Published, type PublishedOptions } from './published';
import type { AuditReport, ChainReport, Deviation } from './report';
import { settle } from './verify-store';
import { walk, type WalkOptions } from './walk';

export interface VerifyOptions extends WalkOptions {
  /** The file of published heads to hold the log against. */
  readonly published?: PublishedOptions | undefined;
  /** Short forms that came by SMS, to hold the log's own documents against. */
  readonly messages?: MessageOptions | undefined;
}

/**
 * Works the whole log out anew from the stored rows, those of the ledger included, and names the first deviation of each
 * chain. `sql` must be one snapshot: a REPEATABLE READ transaction, or a database that nobody writes to meanwhile.
 * Rejects when a table or the file cannot be read.
 */
export async function verify(sql: Sql, options: VerifyOptions = {}): Promise<AuditReport> {
  await settle(sql);
  const chains = await walk(sql, options);
  const published = options.published && (await readPublished(sql, chains, options.published));
  const reports = chains
    .map((chain) => reportOf(chain, published))
    .filter(({ provenTo, deviation }) => provenTo > 0 || deviation);
  const ofDocuments = published?.report.deviation;
  const ofMessages = options.messages ? await judgeMessages(sql, options.messages) : [];
  const ofChains = reports.flatMap(({ deviation }) => deviation ?? []);
  const deviations = [...ofChains, ...(ofDocuments ? [ofDocuments] : []), ...ofMessages];
  return {
    clean: deviations.length === 0,
    chains: reports,
    ...(published && { published: published.report }),
    deviations,
  };
}

/** The same beside traffic, in a snapshot of its own. */
export async function verifySnapshot(db: Db, options: VerifyOptions = {}): Promise<AuditReport> {
  return db.tx(async (tx) => {
    await tx.run({ text: 'set transaction isolation level repeatable read, read only' });
    return verify(tx, options);
  });
}

function reportOf(walked: Walked, published: Published | undefined): ChainReport {
  const { chain, number, archivedTo, links, events, transfers } = walked;
  const deviation = earlier(walked.deviation, published?.deviations.get(chain));
  const head = published?.heads.get(chain);
  const provenTo = Math.min(number, (deviation?.link ?? Infinity) - 1);
  return {
    chain,
    provenTo,
    archivedTo: Math.min(archivedTo, provenTo),
    links,
    events,
    transfers,
    ...(head && { published: head }),
    ...(deviation && { deviation }),
  };
}

/** The one at the earlier link. */
function earlier(one: Deviation | undefined, other: Deviation | undefined): Deviation | undefined {
  if (!one || !other) return one ?? other;
  return (other.link ?? 0) < (one.link ?? 0) ? other : one;
}
