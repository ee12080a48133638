/** How a row deviates from what the chain says. */
export type DeviationKind =
  | 'changed'
  | 'missing'
  | 'added'
  | 'moved'
  /** The end of a chain is gone. */
  | 'truncated'
  /** A published document that none of the trusted keys signed. */
  | 'signature'
  /** A published document that is not the next one, or is none. */
  | 'document';

export interface Deviation {
  /** `link 17 of chain 2`, `event 3 of link 17 of chain 2`, `transfer <id>`, `document 5`, … */
  readonly name: string;
  readonly kind: DeviationKind;
  /** What tells more, in one sentence without a full stop. */
  readonly detail: string;
  /** Absent of a published document. */
  readonly chain?: number;
  /** The link that is not proven any more because of it. */
  readonly link?: number;
}

export interface ChainReport {
  readonly chain: number;
  /** Links 1 to this one are proven: from the rows, or taken as given up to `archivedTo`. */
  readonly provenTo: number;
  /** Links up to this one are in the archive, or some of their rows are: what the database says of them is taken as given. */
  readonly archivedTo: number;
  /** Rows that were read. */
  readonly links: number;
  readonly events: number;
  readonly transfers: number;
  /** The last published head among the proven links: whoever owns the database could have rebuilt what follows it. */
  readonly published?: PublishedHead;
  /** The first one. */
  readonly deviation?: Deviation;
}

export interface PublishedHead {
  readonly number: number;
  /** The document that first had it. */
  readonly document: number;
  /** ISO 8601. */
  readonly at: string;
}

export interface PublishedReport {
  readonly file: string;
  readonly documents: number;
  readonly firstNumber: number | null;
  readonly lastNumber: number | null;
  readonly lastAt: string | null;
  /** False: no public key was given, so the first line's own keys were believed. */
  readonly trusted: boolean;
  readonly database: string | null;
  /** The last line was torn by a crash. */
  readonly torn: boolean;
  readonly deviation?: Deviation;
}

export interface AuditReport {
  readonly clean: boolean;
  /** Those that were ever used. */
  readonly chains: readonly ChainReport[];
  /** Absent when there was no file to hold the log against. */
  readonly published?: PublishedReport;
  /** The first one of each chain, then those of the published documents. */
  readonly deviations: readonly Deviation[];
}

/** For the screen: a line a chain, then what deviates. */
export function textOf(report: AuditReport): string {
  return [
    ...report.chains.map(chainLine),
    ...(report.published ? publishedLines(report.published) : ['published heads: none were given']),
    ...report.deviations.map(({ name, kind, detail }) => `DEVIATION ${name}: ${kind} (${detail})`),
    report.clean ? 'clean' : 'NOT CLEAN',
  ].join('\n');
}

function chainLine({ chain, provenTo, archivedTo, links, events, transfers, published }: ChainReport): string {
  const proven = provenTo === 0 ? 'nothing proven' : `links 1 to ${provenTo} proven`;
  const archived = archivedTo === 0 ? '' : ` (1 to ${archivedTo} as given: archived)`;
  const outside = published
    ? `published up to link ${published.number} (document ${published.document}, ${published.at})`
    : 'not published';
  return `chain ${chain}: ${proven}${archived}; ${links} links, ${events} events, ${transfers} transfers; ${outside}`;
}

function publishedLines({ file, documents, lastNumber, lastAt, trusted, torn }: PublishedReport): string[] {
  const last = lastNumber === null ? '' : `, the last is ${lastNumber} of ${lastAt}`;
  return [
    `published heads: ${documents} documents in ${file}${last}`,
    ...(trusted ? [] : ['  no public key was given: the keys in the file itself were believed']),
    ...(torn ? ['  the last line is torn, as a crash leaves it'] : []),
  ];
}
