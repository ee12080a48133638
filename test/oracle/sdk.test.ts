import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { canonicalJson } from '../../src/switch/fspiop/canonical';
import { conditionOf, decodeIlp, encodeIlp, fulfilmentOf, fulfils } from '../../src/switch/ilp';
import { signatureFault, signatureHeaders } from '../../src/switch/fspiop/jws';

/** Ours against @mojaloop/sdk-standard-components, both directions, on random messages: `npm run test:oracle`. */
interface Sdk {
  readonly Jws: {
    readonly signer: new (config: object) => { sign(request: object): void };
    readonly validator: new (config: object) => { validate(request: object): true };
  };
  readonly Ilp: {
    ilpFactory(
      version: string,
      options: object,
    ): {
      getResponseIlp(transaction: object): { fulfilment: string; condition: string; ilpPacket: string };
      getTransactionObject(packet: string): object;
      validateFulfil(fulfilment: string, condition: string): boolean;
    };
  };
}
// Not by its front door, behind which stand Kafka and more that jest can't load.
const load = createRequire(path.join(__dirname, 'package.json'));
const sdk: Sdk = {
  Jws: load('@mojaloop/sdk-standard-components/src/lib/jws') as Sdk['Jws'],
  Ilp: load('@mojaloop/sdk-standard-components/src/lib/ilp') as Sdk['Ilp'],
};
const silent = { isDebugEnabled: false, debug: () => undefined, error: () => undefined, child: () => silent };

const uri = '/quotes/b51ec534-ee48-4575-b6a9-ead2955b8069';
const date = 'Fri, 27 Nov 2026 10:00:00 GMT';
const bodies = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.jsonValue({ maxDepth: 3 }), {
  minKeys: 1,
});

describe.each([
  ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'pkcs8' as const],
  ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sec1' as const],
])('JWS %s', (_, pair, type) => {
  const privatePem = pair.privateKey.export({ type, format: 'pem' });
  const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' });

  test('ours is taken by theirs', () => {
    const validator = new sdk.Jws.validator({ validationKeys: { one: publicPem }, logger: silent });
    fc.assert(
      fc.property(bodies, fc.option(fc.constant('other'), { nil: undefined }), (body, destination) => {
        const parts = { method: 'PUT', uri, source: 'one', destination, date };
        const signed = signatureHeaders(parts, canonicalJson(body), pair.privateKey);
        const lower = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]));
        const headers = {
          ...lower,
          'fspiop-source': 'one',
          date,
          ...(destination && { 'fspiop-destination': destination }),
        };
        expect(validator.validate({ headers, body: JSON.parse(canonicalJson(body)) as unknown })).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('theirs is taken by ours, and no longer once a letter is another', () => {
    const signer = new sdk.Jws.signer({ signingKey: privatePem, logger: silent });
    fc.assert(
      fc.property(bodies, (body) => {
        const headers: Record<string, string> = { 'fspiop-source': 'one', 'fspiop-destination': 'other', date };
        const request = { method: 'PUT', uri: `https://switch.test/fsp${uri}`, headers, body: body as unknown };
        signer.sign(request);
        const raw = Buffer.from(request.body as string);
        const message = { headers, method: 'PUT', path: uri, raw, body: JSON.parse(raw.toString()) as unknown };
        expect(signatureFault(message, pair.publicKey)).toBeUndefined();
        const changed = { ...message, raw: Buffer.from('{}'), body: { ...body, more: 1 } };
        expect(signatureFault(changed, pair.publicKey)).toBeDefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe('ILP', () => {
  const secret = 'a secret that nobody else knows';
  const transactions = fc.record({
    transactionId: fc.uuid({ version: 4 }),
    quoteId: fc.uuid({ version: 4 }),
    payee: fc.record({
      partyIdInfo: fc.record({
        partyIdType: fc.constantFrom('MSISDN', 'ALIAS'),
        partyIdentifier: fc.stringMatching(/^[A-Za-z0-9]{1,20}$/),
        fspId: fc.stringMatching(/^[a-z0-9]{1,32}$/),
      }),
    }),
    amount: fc.bigInt({ min: 1n, max: 10n ** 15n }).map((amount) => ({ currency: 'UGX', amount: amount.toString() })),
    note: fc.string({ maxLength: 128, unit: 'grapheme' }),
    expiration: fc.constant('2026-11-27T10:00:00.000Z'),
  });
  const text = (transaction: object) => Buffer.from(canonicalJson(transaction)).toString('base64url');

  test('v1: packet, fulfilment and condition are theirs, byte for byte', () => {
    const theirs = sdk.Ilp.ilpFactory('v1', { secret, logger: silent });
    fc.assert(
      fc.property(transactions, (transaction) => {
        const expected = theirs.getResponseIlp(transaction);
        const { partyIdType, partyIdentifier, fspId } = transaction.payee.partyIdInfo;
        const ilpPacket = encodeIlp({
          version: 1,
          amountMinor: BigInt(transaction.amount.amount),
          destination: `g.${fspId}.${partyIdType.toLowerCase()}.${partyIdentifier.toLowerCase()}`,
          data: Buffer.from(text(transaction)),
        });
        const fulfilment = fulfilmentOf(ilpPacket, Buffer.from(secret));
        expect({
          ilpPacket,
          fulfilment: fulfilment.toString('base64url'),
          condition: conditionOf(fulfilment).toString('base64url'),
        }).toEqual(expected);
        expect(theirs.getTransactionObject(ilpPacket)).toEqual(transaction);
        expect(fulfils(expected.fulfilment, expected.condition)).toBe(true);
        expect(theirs.validateFulfil(fulfilment.toString('base64url'), expected.condition)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('v4: packet, fulfilment and condition are theirs, byte for byte', () => {
    const theirs = sdk.Ilp.ilpFactory('v4', { secret, logger: silent });
    fc.assert(
      fc.property(transactions, (transaction) => {
        const expected = theirs.getResponseIlp(transaction);
        const packet = decodeIlp(expected.ilpPacket);
        expect(packet.data.toString()).toBe(text(transaction));
        expect(packet.amountMinor).toBe(BigInt(transaction.amount.amount));
        expect(packet.expiresAt).toEqual(new Date(transaction.expiration));
        expect(packet.condition?.toString('base64url')).toBe(expected.condition);
        expect(encodeIlp(packet)).toBe(expected.ilpPacket);
        expect(theirs.getTransactionObject(encodeIlp(packet))).toEqual(transaction);
      }),
      { numRuns: 200 },
    );
  });
});
