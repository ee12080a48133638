import { sign, type KeyObject } from 'node:crypto';

/** What is signed (Signature 1.1, section 4): the bytes of the body, and the headers by which it is routed. */
export interface Signable {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The headers that say who wrote it: JWS with RS256. */
export function signatureOf({ method, path, headers, body }: Signable, key: KeyObject): Record<string, string> {
  const encode = (content: Buffer | string): string => Buffer.from(content).toString('base64url');
  const protectedHeader = encode(
    JSON.stringify({
      alg: 'RS256',
      'FSPIOP-URI': path,
      'FSPIOP-HTTP-Method': method,
      'FSPIOP-Source': headers['fspiop-source'],
      'FSPIOP-Destination': headers['fspiop-destination'],
      Date: headers['date'],
    }),
  );
  const signature = encode(sign('sha256', Buffer.from(`${protectedHeader}.${encode(body)}`), key));
  return {
    'fspiop-uri': path,
    'fspiop-http-method': method,
    'fspiop-signature': JSON.stringify({ signature, protectedHeader }),
  };
}
