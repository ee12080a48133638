import fc from 'fast-check';
import { generateKeyPairSync, createHmac } from 'node:crypto';
import { canonicalJson, parseStrictly } from '../../../src/switch/fspiop/canonical';
import { errorBody, readError, schemeError } from '../../../src/switch/fspiop/errors';
import { Refusal } from '../../../src/switch/refusal';
import { conditionOf, decodeIlp, encodeIlp, fulfilmentOf, fulfils } from '../../../src/switch/ilp';
import { signatureFault, signatureHeaders, type ReceivedMessage } from '../../../src/switch/fspiop/jws';
import { writeParty } from '../../../src/switch/fspiop/messages';
import { createValidator } from '../../../src/switch/fspiop/validate';
import { isSpoken, negotiate, readContentType, spokenExtensions } from '../../../src/switch/fspiop/versions';

describe('Interledger packets', () => {
  // Made by ilp-packet 2.2.0 and 3.1.3.
  const v1Hex = '011a00000000000000640c672e782e6d736973646e2e310365333000';
  const v4Hex = `0c4400000000000000643139373030313031303030303030303030${'01'.repeat(32)}06672e6466737003616263`;
  const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

  test('are written as the reference writes them, v1 and v4', () => {
    const v1 = encodeIlp({ version: 1, amountMinor: 100n, destination: 'g.x.msisdn.1', data: Buffer.from('e30') });
    expect(Buffer.from(v1, 'base64url').toString('hex')).toBe(v1Hex);
    const v4 = encodeIlp({
      version: 4,
      amountMinor: 100n,
      destination: 'g.dfsp',
      data: Buffer.from('abc'),
      expiresAt: new Date(0),
      condition: Buffer.alloc(32, 1),
    });
    expect(Buffer.from(v4, 'base64url').toString('hex')).toBe(v4Hex);
  });

  test('come back as they were, whatever is in them', () => {
    const packets = fc.record({
      amountMinor: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      destination: fc.stringMatching(/^g\.[a-z0-9.]{0,100}$/),
      data: fc.uint8Array({ maxLength: 70_000 }).map((bytes) => Buffer.from(bytes)),
      expiresAt: fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      condition: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(packets, (packet) => {
        expect(decodeIlp(encodeIlp({ version: 4, ...packet }))).toEqual({ version: 4, ...packet });
        const { amountMinor, destination, data } = packet;
        const simple = { version: 1 as const, amountMinor, destination, data };
        expect(decodeIlp(encodeIlp(simple))).toEqual(simple);
      }),
      { numRuns: 60 },
    );
  });

  test('that are cut short, go on, or are of another kind are refused', () => {
    for (let length = 0; length < v1Hex.length; length += 2) {
      expect(() => decodeIlp(base64url(v1Hex.slice(0, length)))).toThrow(RangeError);
    }
    expect(() => decodeIlp(base64url(`${v1Hex}00`))).toThrow('something follows');
    expect(() => decodeIlp(base64url(v1Hex.replace(/^01/, '02')))).toThrow('no ILP packet has the type 2');
    expect(() => decodeIlp(base64url(v4Hex.replace('31393730', '31393739393')))).toThrow(RangeError);
  });

  test('a fulfilment is an HMAC, its condition the SHA-256 of it, and nothing else proves it', () => {
    const secret = Buffer.from('a secret of thirty-two bytes....');
    const fulfilment = fulfilmentOf('AYI', secret);
    expect(fulfilment).toEqual(createHmac('sha256', secret.toString('base64')).update('AYI').digest());
    const condition = conditionOf(fulfilment).toString('base64url');
    expect(fulfils(fulfilment.toString('base64url'), condition)).toBe(true);
    expect(fulfils(condition, condition)).toBe(false);
    expect(fulfils('', condition)).toBe(false);
  });
});

describe('JSON', () => {
  test('is written with sorted keys, and only then signed', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 'é"' }], a: null, 10: 1, 9: undefined })).toBe(
      '{"10":1,"a":null,"b":[{"c":"é\\"","d":1}]}',
    );
  });

  test('is read as JSON.parse reads it, unless a key comes twice', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
        const text = JSON.stringify(value);
        expect(parseStrictly(text)).toEqual(JSON.parse(text));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(text));
      }),
    );
    expect(() => parseStrictly('{"a":{"b":1,"\\u0062":2}}')).toThrow('comes twice');
    expect(parseStrictly('{"a":[{"b":1},{"b":2}],"b":{"b":":{"}}')).toEqual({
      a: [{ b: 1 }, { b: 2 }],
      b: { b: ':{' },
    });
    expect(() => parseStrictly('[]')).toThrow(SyntaxError);
    expect(() => parseStrictly(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toThrow('nested too deeply');
  });
});

describe('FSPIOP-Signature', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const parts = {
    method: 'PUT',
    uri: '/quotes/b51ec534-ee48-4575-b6a9-ead2955b8069',
    source: 'one',
    destination: 'other',
    date: 'Fri, 27 Nov 2026 10:00:00 GMT',
  };
  const body = { b: 'é', a: { d: 1, c: [1, 2] } };

  function received(raw: string, headers: Readonly<Record<string, string>>): ReceivedMessage {
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      headers: {
        'fspiop-source': parts.source,
        'fspiop-destination': parts.destination,
        date: parts.date,
        ...(Object.fromEntries(lower) as Record<string, string>),
      },
      method: parts.method,
      path: parts.uri,
      raw: Buffer.from(raw),
      body: JSON.parse(raw) as unknown,
    };
  }

  test.each([
    ['RSA', rsa],
    ['EC', ec],
  ])('%s: holds over the bytes, and over the same body written in another way by a hub', (_, pair) => {
    const sent = canonicalJson(body);
    const headers = signatureHeaders(parts, sent, pair.privateKey);
    expect(signatureFault(received(sent, headers), pair.publicKey)).toBeUndefined();
    expect(signatureFault(received(JSON.stringify(body, null, 2), headers), pair.publicKey)).toBeUndefined();
    const unsorted = signatureHeaders(parts, JSON.stringify(body), pair.privateKey);
    expect(signatureFault(received(JSON.stringify(body, null, 2), unsorted), pair.publicKey)).toBeUndefined();
    const spaced = JSON.stringify(body, null, 2);
    const raw = signatureHeaders(parts, spaced, pair.privateKey);
    expect(signatureFault(received(spaced, raw), pair.publicKey)).toBeUndefined();
  });

  test('does not hold over anything else, and the reason says what', () => {
    const sent = canonicalJson(body);
    const headers = signatureHeaders(parts, sent, rsa.privateKey);
    const fault = (change: Partial<ReceivedMessage>, more: Record<string, string | undefined> = {}) => {
      const message = { ...received(sent, headers), ...change };
      return signatureFault({ ...message, headers: { ...message.headers, ...more } }, rsa.publicKey);
    };
    expect(fault({})).toBeUndefined();
    expect(fault({ raw: Buffer.from('{}'), body: {} })).toMatch('not of this body');
    expect(fault({ method: 'POST' })).toMatch('FSPIOP-HTTP-Method');
    expect(fault({ path: '/quotes/1' })).toMatch('FSPIOP-URI');
    expect(fault({}, { 'fspiop-source': 'third' })).toMatch('FSPIOP-Source');
    expect(fault({}, { 'fspiop-destination': undefined })).toMatch('FSPIOP-Destination');
    expect(fault({}, { date: 'Fri, 27 Nov 2026 10:00:01 GMT' })).toMatch('Date');
    expect(fault({}, { 'fspiop-signature': '{"signature":"","protectedHeader":"e30"}' })).toMatch('alg');
    expect(fault({}, { 'fspiop-signature': 'x' })).toMatch('FSPIOP-Signature');
    expect(signatureFault(received(sent, headers), ec.publicKey)).toMatch('does not fit the key');
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(signatureFault(received(sent, headers), stranger.publicKey)).toMatch('not of this body');
  });

  test('a weak key signs nothing', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(() => signatureHeaders(parts, '{}', weak.privateKey)).toThrow('weaker');
  });
});

describe('Versions', () => {
  const accept = (version: string) => `application/vnd.interoperability.quotes+json;version=${version}`;

  test('an Accept gets the newest minor of its major, not beyond what we prefer', () => {
    const [v11, v10] = [
      { major: 1, minor: 1 },
      { major: 1, minor: 0 },
    ];
    expect(negotiate(accept('1'), 'quotes', v11)).toEqual(v11);
    expect(negotiate(accept('1'), 'quotes', v10)).toEqual(v10);
    expect(negotiate(accept('1.0'), 'quotes', v11)).toEqual(v10);
    expect(negotiate(accept('2'), 'quotes', v11)).toEqual({ major: 2, minor: 0 });
    expect(negotiate(`${accept('7')}, ${accept('1')}`, 'quotes', v11)).toEqual(v11);
    expect(negotiate(accept('3'), 'quotes', v11)).toBeUndefined();
    expect(negotiate(accept('1'), 'parties', v11)).toBeUndefined();
    expect(negotiate('*/*', 'quotes', v11)).toBeUndefined();
    // Listing 3: this version, or else whichever you speak.
    const any = 'application/vnd.interoperability.quotes+json';
    expect(negotiate(`${accept('7')},${any}`, 'quotes', v10)).toEqual(v10);
    expect(negotiate(`${accept('2')}, ${any}`, 'quotes', v10)).toEqual({ major: 2, minor: 0 });
    expect(negotiate(any, 'parties', v11)).toBeUndefined();
  });

  test('a Content-Type is read with or without its charset, and of its resource only', () => {
    expect(readContentType(`${accept('1.1')}; charset=utf-8`, 'quotes')).toEqual({ major: 1, minor: 1 });
    expect(readContentType(accept('2.0'), 'transfers')).toBeUndefined();
    expect(
      readContentType('application/vnd.interoperability.iso20022.quotes+json;version=2.0', 'quotes'),
    ).toBeUndefined();
    expect(isSpoken('transfers', { major: 1, minor: 2 })).toBe(true);
    expect(isSpoken('quotes', { major: 1, minor: 2 })).toBe(false);
    expect(spokenExtensions('transfers')).toEqual({ 1: '2', 2: '0' });
  });
});

describe('Errors', () => {
  test('codes that are new are taken as their category', () => {
    const of = (errorCode: string) => readError({ errorInformation: { errorCode, errorDescription: 'x' } }, 'no')?.code;
    expect([of('4001'), of('4040'), of('5299'), of('9999'), of('51')]).toEqual([
      '4001',
      '4000',
      '5200',
      '2001',
      undefined,
    ]);
    expect(readError({}, 'no')).toBeUndefined();
  });

  test('a body of ours fits the published schema, however long its reason', () => {
    const body = errorBody(schemeError('3100', 'x'.repeat(500)), { 1: '1' });
    expect(() =>
      createValidator()('PUT /quotes/{ID}/error', { major: 1, minor: 1 }, parseStrictly(JSON.stringify(body))),
    ).not.toThrow();
  });
});

describe('Parties', () => {
  const nameOf = (name: string) =>
    writeParty({ partyId: { idType: 'MSISDN', id: '254700000001' }, dfspId: 'one', name })['name'];

  test('a name is written without the signs that the API does not have in one', () => {
    expect(nameOf('Élodie Nyang’oro-Wasikhongo, jr.')).toBe("Élodie Nyang'oro-Wasikhongo, jr.");
    expect(nameOf('አበበ  ቢቂላ')).toBe('አበበ ቢቂላ');
    expect(nameOf('a=b{c}\n<d>')).toBe('a b c d');
    expect(nameOf('===')).toBeUndefined();
    expect(nameOf('ab '.repeat(60))).toBe('ab '.repeat(43).trim());
  });
});

describe('Schemas', () => {
  const validate = createValidator();
  const transfer = {
    transferId: 'b51ec534-ee48-4575-b6a9-ead2955b8069',
    payerFsp: 'one',
    payeeFsp: 'other',
    amount: { currency: 'KES', amount: '100' },
    ilpPacket: 'AYIBgQAAAAAAAASwNGxldmVsb25lLmRmc3AxLm1lci45T2RTOF81MDdqUUZERmZlakgy',
    condition: 'f5sqb7tBTWPd5Y8BDFdMm9BJR_MNI4isf8p8n4D5pHA',
    expiration: '2026-11-27T10:00:00.000Z',
  };
  const refusal = (change: object, major = 1) => {
    try {
      const body = JSON.parse(JSON.stringify({ ...transfer, ...change })) as Record<string, string>;
      validate('POST /transfers', { major, minor: 0 }, body);
      return undefined;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return `${error.code} ${error.message}`;
    }
  };

  test('M44: what is missing is named with 3102, what is malformed with 3101', () => {
    expect(refusal({})).toBeUndefined();
    expect(refusal({ condition: undefined })).toBe('3102 Missing mandatory element - condition');
    expect(refusal({ amount: { currency: 'KES' } })).toBe('3102 Missing mandatory element - amount.amount');
    expect(refusal({ amount: { currency: 'KES', amount: '5.50' } })).toMatch(/^3101 .* amount\.amount /);
    expect(refusal({ amount: { currency: 'KES', amount: 5 } })).toMatch(/^3101 .* amount\.amount must be string/);
    expect(refusal({ expiration: '2026-11-27T10:00:00Z' })).toMatch(/^3101 .* expiration /);
  });

  test('an id may be spelled in every way in both majors, and otherwise in none', () => {
    for (const major of [1, 2]) {
      expect(refusal({ transferId: '0190a8f0-1c2d-7abc-8def-0123456789ab' }, major)).toBeUndefined();
      expect(refusal({ transferId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }, major)).toBeUndefined();
      expect(refusal({ transferId: '0190a8f0-1c2d-8abc-8def-0123456789ab' }, major)).toMatch(/^3101 .* transferId /);
    }
  });
});
