import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { createGate } from '../../platform';
import { isSchemeError, type Accepted, type Context } from '../port';
import { schemeError } from '../scheme-errors';
import { accepted, refused, type Ask } from './client';
import type { Directory, Member } from './directory';

/**
 * Messages between providers. They name people, so nobody is told anything but a member of the scheme (R225): each message is
 * signed, and the key is the one that the directory has beside the sender's address. Answers are no answers of HTTP but
 * messages of their own, to the address in the directory: whoever sends a copy of somebody's question learns nothing by it,
 * and a message needs no date, which clocks would have to agree on.
 */
export type PeerPath =
  | '/lookups'
  | '/lookups/answers'
  | '/quotes'
  | '/quotes/answers'
  | '/invoices'
  | '/invoices/answers'
  | '/invoices/cancellations'
  | '/codes'
  | '/codes/answers';

/** A message as it came, and how it says whom it is from. */
export interface SignedMessage {
  readonly path: string;
  readonly source: string;
  readonly destination: string;
  readonly signature: string;
  readonly body: Buffer;
}

export interface Peers {
  /** To a provider by its name. */
  send(dfspId: string, message: { path: PeerPath; body: object }, context: Context): Promise<Accepted>;
  /** To a provider as the directory has just named it. */
  sendTo(member: Member, message: { path: PeerPath; body: object }, context: Context): Promise<Accepted>;
  /** Whether a message is from whom it says; `unknown` while the directory can't be asked, or too many are. */
  verify(message: SignedMessage): Promise<'genuine' | 'forged' | 'unknown'>;
}

export interface PeersDeps {
  readonly ask: Ask;
  readonly directory: Directory;
}

export function createPeers(us: string, privateKey: KeyObject, { ask, directory }: PeersDeps): Peers {
  const sendTo: Peers['sendTo'] = async ({ dfspId, url }, { path, body }, context) => {
    const text = Buffer.from(JSON.stringify(body));
    const signature = sign(null, signed({ path, source: us, destination: dfspId, body: text }), privateKey);
    const headers = {
      'l1p-source': us,
      'l1p-destination': dfspId,
      'l1p-signature': signature.toString('base64url'),
    };
    return accepted(await ask({ method: 'POST', url: `${url}${path}`, body, headers }, context));
  };
  // Strangers may make us ask the directory, but not without end.
  const gate = createGate({ runningMax: 64, waitingMax: 1_000 });
  const judge = async (message: SignedMessage) => {
    if (message.destination !== us || !/^[\w-]{1,32}$/.test(message.source)) return 'forged';
    // A provider that has changed its key is read again before it is turned away.
    for (const fresh of [false, true]) {
      const member = await directory.member(message.source, { fresh });
      if (member !== undefined && isSchemeError(member)) return 'unknown';
      if (member?.key && isSigned(message, member.key)) return 'genuine';
    }
    return 'forged';
  };
  return {
    sendTo,
    send: async (dfspId, message, context) => {
      const member = await directory.member(dfspId, { context });
      if (member === undefined) return refused(schemeError('3201', 'the directory knows no such provider'));
      return isSchemeError(member) ? refused(member) : sendTo(member, message, context);
    },
    verify: async (message) => {
      const judged = await gate.pass(() => judge(message));
      return judged === 'full' ? 'unknown' : judged;
    },
  };
}

/** What a signature covers: to whom which body says what, and from whom. */
function signed({ path, source, destination, body }: Omit<SignedMessage, 'signature'>): Buffer {
  const digest = createHash('sha256').update(body).digest('base64url');
  return Buffer.from(['POST', path, source, destination, digest].join('\n'));
}

function isSigned(message: SignedMessage, key: KeyObject): boolean {
  return verify(null, signed(message), key, Buffer.from(message.signature, 'base64url'));
}

/** PKCS#8 of an Ed25519 key, up to its 32 bytes (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key pair that 32 secret bytes are (RFC 8032, section 5.1.5). */
export function keyPairOf(seed: Buffer): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
