import { sign, verify, type KeyObject } from 'node:crypto';
import { canonicalJson } from './canonical';

/**
 * FSPIOP-Signature (Signature 1.1): a JWS whose payload is the body, detached. Ours covers the very bytes that are sent,
 * and those are canonical. Theirs is verified over the bytes that came; failing that over the body written anew, since
 * Mojaloop's signers of different years sign one or the other and hubs write bodies anew.
 */
export interface SignedParts {
  readonly method: string;
  /** From the service on: `/transfers/…`. */
  readonly uri: string;
  readonly source: string;
  readonly destination: string | undefined;
  readonly date: string;
}

const hashes: Readonly<Record<string, { readonly hash: string; readonly keyType: 'rsa' | 'ec' }>> = {
  RS256: { hash: 'sha256', keyType: 'rsa' },
  RS384: { hash: 'sha384', keyType: 'rsa' },
  RS512: { hash: 'sha512', keyType: 'rsa' },
  ES256: { hash: 'sha256', keyType: 'ec' },
};
const rsaBitsMin = 2048;

/** The three headers that make a message a signed one. RS256, or ES256 where the key is one of P-256. */
export function signatureHeaders(parts: SignedParts, body: string, key: KeyObject): Readonly<Record<string, string>> {
  const alg = key.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256';
  const weak = weakness(alg, key);
  if (weak !== undefined) throw new Error(weak);
  const protectedHeader = base64url(
    JSON.stringify({
      alg,
      'FSPIOP-URI': parts.uri,
      'FSPIOP-HTTP-Method': parts.method,
      'FSPIOP-Source': parts.source,
      ...(parts.destination !== undefined && { 'FSPIOP-Destination': parts.destination }),
      Date: parts.date,
    }),
  );
  const input = Buffer.from(`${protectedHeader}.${base64url(body)}`);
  const signature = sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return {
    'FSPIOP-URI': parts.uri,
    'FSPIOP-HTTP-Method': parts.method,
    'FSPIOP-Signature': JSON.stringify({ signature, protectedHeader }),
  };
}

export interface ReceivedMessage {
  /** Names in lower case, as Node has them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly method: string;
  /** From the service on: `/transfers/…`, as it was called. */
  readonly path: string;
  readonly raw: Buffer;
  readonly body: unknown;
}

/** Why a signature does not hold, in words for the log and the sender; undefined where it does. */
export function signatureFault(message: ReceivedMessage, key: KeyObject): string | undefined {
  const parts = readSignature(message.headers['fspiop-signature']);
  if (parts === undefined) return 'FSPIOP-Signature is not what it should be';
  const { signature, protectedHeader, claims } = parts;
  const algorithm = typeof claims['alg'] === 'string' ? hashes[claims['alg']] : undefined;
  if (algorithm === undefined) return 'alg is none of RS256, RS384, RS512, ES256';
  if (algorithm.keyType !== key.asymmetricKeyType) return 'alg does not fit the key of FSPIOP-Source';
  const fault = claimFault(claims, message) ?? weakness(String(claims['alg']), key);
  if (fault !== undefined) return fault;
  const verifies = (payload: string | Buffer) =>
    verify(
      algorithm.hash,
      Buffer.from(`${protectedHeader}.${base64url(payload)}`),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
  const holds =
    verifies(message.raw) || verifies(JSON.stringify(message.body)) || verifies(canonicalJson(message.body));
  return holds ? undefined : 'the signature is not of this body and header';
}

function readSignature(header: string | undefined) {
  try {
    const { signature, protectedHeader } = JSON.parse(header ?? '') as Record<string, unknown>;
    if (typeof signature !== 'string' || typeof protectedHeader !== 'string') return undefined;
    const claims = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString('utf8')) as unknown;
    if (typeof claims !== 'object' || claims === null) return undefined;
    return { signature, protectedHeader, claims: claims as Readonly<Record<string, unknown>> };
  } catch {
    return undefined;
  }
}

/** What the protected header must say, against what the request says (Signature 1.1, sections 3.1 and 4). */
function claimFault(claims: Readonly<Record<string, unknown>>, { headers, method, path }: ReceivedMessage) {
  const mandatory = { 'FSPIOP-URI': headers['fspiop-uri'], 'FSPIOP-HTTP-Method': headers['fspiop-http-method'] };
  for (const [name, header] of Object.entries(mandatory)) {
    if (header === undefined) return `${name} is missing`;
    if (claims[name] !== header) return `${name} is not as it was signed`;
  }
  if (headers['fspiop-http-method'] !== method) return 'FSPIOP-HTTP-Method is not the method';
  if (headers['fspiop-uri'] !== path) return 'FSPIOP-URI is not the path';
  if (claims['FSPIOP-Source'] !== headers['fspiop-source']) return 'FSPIOP-Source is not as it was signed';
  if (claims['FSPIOP-Destination'] !== headers['fspiop-destination'])
    return 'FSPIOP-Destination is not as it was signed';
  if (claims['Date'] !== undefined && claims['Date'] !== headers['date']) return 'Date is not as it was signed';
  return undefined;
}

/** Why a key is too weak for the scheme's rules; undefined where it isn't. */
function weakness(alg: string, key: KeyObject): string | undefined {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const strong = alg === 'ES256' ? namedCurve === 'prime256v1' : (modulusLength ?? 0) >= rsaBitsMin;
  return strong ? undefined : `the key is weaker than the rules: RSA of ${rsaBitsMin} bits, or P-256`;
}

function base64url(content: string | Buffer): string {
  return Buffer.from(content).toString('base64url');
}
