import type { Clock, Log } from '../../platform';
import type { SwitchHandler } from '../port';
import type { BulkStore } from './bulk-store';
import type { JsonObject } from './canonical';
import type { Send } from './client';
import type { OwnBulkStore } from './own-bulk-store';
import type { Asked, Received, Store } from './store';
import type { TermsMaker } from './terms';
import type { Turns } from './turns';
import { parseVersion, type Resource, type Version } from './versions';

/** What both directions of the adapter share. */
export interface Shared {
  readonly dfspId: string;
  /** How the hub names itself when it speaks in its own name. */
  readonly hubIds: ReadonlySet<string>;
  /** How long a quote is waited for when who asks doesn't say. */
  readonly quoteLifeMs: number;
  /** How long a request to pay stands when who asks doesn't say. */
  readonly requestLifeMs: number;
  readonly store: Store;
  readonly terms: TermsMaker;
  readonly send: Send;
  readonly versions: Versions;
  readonly clock: Clock;
  readonly log: Log;
  readonly handler: () => SwitchHandler;
  readonly turns: Turns;
  readonly bulks: Bulks;
  /** Bulks of ours (own-bulks.ts). */
  readonly ownBulks: OwnBulkStore;
}

/** Bulks that come in (bulks.ts). */
export interface Bulks {
  readonly store: BulkStore;
  /** Those that this process works on. */
  readonly inHand: Map<string, 'look once' | 'look again'>;
  /** One of a bulk has its answer, or has it again. */
  readonly gather: (item: Asked) => Promise<void>;
}

/** Which version to speak, by resource and by peer. */
export interface Versions {
  preferred(resource: Resource, peer: string | undefined): Version;
  /** In which version a peer has asked last: for answers to what isn't kept. */
  asked(resource: Resource, peer: string, version: Version): void;
  lastAsked(resource: Resource, peer: string): Version;
}

export interface VersionOptions {
  /** `{ transfers: '1.1' }`; a resource that is not named is spoken in 1.1. */
  readonly versions?: Partial<Record<Resource, string>>;
  readonly peerVersions?: Readonly<Record<string, Partial<Record<Resource, string>>>>;
}

const peersMax = 1_000;

/** Throws on a version that is none. */
export function createVersions({ versions = {}, peerVersions = {} }: VersionOptions): Versions {
  const read = (table: Partial<Record<Resource, string>>) =>
    new Map(Object.entries(table).map(([resource, version]) => [resource, parseVersion(version)]));
  const general = read(versions);
  const ofPeers = new Map(Object.entries(peerVersions).map(([peer, table]) => [peer, read(table)]));
  const last = new Map<string, Version>();
  const preferred = (resource: Resource, peer: string | undefined): Version =>
    ofPeers.get(peer ?? '')?.get(resource) ?? general.get(resource) ?? { major: 1, minor: 1 };
  return {
    preferred,
    asked: (resource, peer, version) => {
      if (last.size < peersMax) last.set(`${peer} ${resource}`, version);
    },
    lastAsked: (resource, peer) => last.get(`${peer} ${resource}`) ?? preferred(resource, peer),
  };
}

/** Sends what answers a message; at once, or when that message has its 202. */
export async function sendInTurn(
  { send, turns }: Pick<Shared, 'send' | 'turns'>,
  ...sent: Parameters<Send>
): ReturnType<Send> {
  return (await turns.follow(() => send(...sent))) ?? { kind: 'taken' };
}

/** Where a callback goes: an error has a path of its own. */
export function callbackPath(resource: Resource, wireId: string, body: JsonObject): string {
  return `/${resource}/${wireId}${'errorInformation' in body ? '/error' : ''}`;
}

/** Sends the answer that a request has been given, again and again the same. */
export function deliver(
  shared: Pick<Shared, 'send' | 'turns'>,
  asked: Received & { readonly answer: JsonObject | undefined },
  deadline?: Date,
): ReturnType<Send> {
  const { answer, resource, source, wireId, version, traceparent } = asked;
  if (answer === undefined) throw new Error('nothing to deliver');
  return sendInTurn(
    shared,
    {
      method: 'PUT',
      path: callbackPath(resource, wireId, answer),
      resource,
      version: parseVersion(version),
      destination: source,
      body: answer,
    },
    { ...(traceparent !== undefined && { traceparent }), ...(deadline && { deadline }) },
  );
}

/** Sends an answer, or has it gathered where it is one of a bulk's. */
export async function give(shared: Shared, asked: Asked, deadline?: Date): ReturnType<Send> {
  if (asked.bulkId === undefined) return deliver(shared, asked, deadline);
  await shared.bulks.gather(asked);
  return { kind: 'taken' };
}
