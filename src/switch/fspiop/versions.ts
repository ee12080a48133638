/**
 * Resources and their versions (API Definition 1.1, section 3.3): which we speak, and what a header says.
 * What we are asked for is held to our list; what comes as a callback is taken in any version, because a hub may
 * author it in another one than we spoke, and money must not be lost over a header.
 */
export const resources = [
  'participants',
  'parties',
  'transactionRequests',
  'quotes',
  'authorizations',
  'transfers',
  'transactions',
  'bulkQuotes',
  'bulkTransfers',
] as const;
export type Resource = (typeof resources)[number];

export interface Version {
  readonly major: number;
  readonly minor: number;
}

const commonVersions: readonly Version[] = [
  { major: 2, minor: 0 },
  { major: 1, minor: 1 },
  { major: 1, minor: 0 },
];

/** The newest first. */
function spoken(resource: Resource): readonly Version[] {
  return resource === 'transfers' ? [...commonVersions, { major: 1, minor: 2 }].sort(newestFirst) : commonVersions;
}

function newestFirst(one: Version, other: Version): number {
  return other.major - one.major || other.minor - one.minor;
}

/** `1.1` → a version; throws on another form. */
export function parseVersion(text: string): Version {
  const match = /^([1-9]\d?)\.(\d{1,2})$/.exec(text);
  if (!match) throw new Error(`not a version of FSPIOP: ${JSON.stringify(text)}`);
  return { major: Number(match[1]), minor: Number(match[2]) };
}

export function contentType(resource: Resource, { major, minor }: Version): string {
  return `application/vnd.interoperability.${resource}+json;version=${major}.${minor}`;
}

/** Clients ask for a major version and take any of its minors (3.3.4.1). */
export function acceptHeader(resource: Resource, { major }: Version): string {
  return `application/vnd.interoperability.${resource}+json;version=${major}`;
}

const mediaType =
  /^application\/vnd\.interoperability\.([A-Za-z]+)\+json\s*(?:;\s*charset=utf-8\s*)?;\s*version=([1-9]\d?)(?:\.(\d{1,2}))?\s*(?:;\s*charset=utf-8\s*)?$/i;

/** What a Content-Type says; undefined where it is none of this resource's. */
export function readContentType(header: string, resource: Resource): Version | undefined {
  const [, name, major, minor] = mediaType.exec(header.trim()) ?? [];
  if (name?.toLowerCase() !== resource.toLowerCase()) return undefined;
  return { major: Number(major), minor: Number(minor ?? '0') };
}

export function isSpoken(resource: Resource, version: Version): boolean {
  return spoken(resource).some(({ major, minor }) => major === version.major && minor === version.minor);
}

/**
 * The version of the callback that an Accept asks for: its first alternative that we speak; of a major, the newest minor
 * not beyond `ours`, if that is of this major. One without a version takes whatever we speak (listing 3): ours. Undefined where
 * we speak none of them.
 */
export function negotiate(header: string, resource: Resource, ours: Version): Version | undefined {
  for (const alternative of header.split(',')) {
    if (isVersionless(alternative, resource)) return ours;
    const [, name, major, minor] = mediaType.exec(alternative.trim()) ?? [];
    if (name?.toLowerCase() !== resource.toLowerCase()) continue;
    const candidates = spoken(resource).filter((version) => version.major === Number(major));
    const exact = candidates.find((version) => version.minor === Number(minor));
    if (minor !== undefined && exact === undefined) continue;
    const preferred = candidates.find((version) => version.major === ours.major && version.minor <= ours.minor);
    const found = exact ?? preferred ?? candidates[0];
    if (found) return found;
  }
  return undefined;
}

function isVersionless(alternative: string, resource: Resource): boolean {
  return alternative.trim().toLowerCase() === `application/vnd.interoperability.${resource}+json`.toLowerCase();
}

/** What a 406 lists (3.3.4.3): each major version with its newest minor. */
export function spokenExtensions(resource: Resource): Readonly<Record<string, string>> {
  const oldestFirst = [...spoken(resource)].reverse();
  return Object.fromEntries(oldestFirst.map(({ major, minor }) => [String(major), String(minor)]));
}
