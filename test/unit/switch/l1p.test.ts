import fc from 'fast-check';
import { parseKeyring } from '../../../src/platform';
import { readRejection, refusalOf, rejectionOf } from '../../../src/switch/l1p/errors';
import { addressOf, uriOf } from '../../../src/switch/l1p/identifiers';
import { createTerms } from '../../../src/switch/l1p/terms';
import type { IncomingQuote, PartyId, QuoteOffer } from '../../../src/switch/port';
import { payeeParty, payerParty } from '../../integration/switch/wire';

describe('identifiers', () => {
  test.each<[PartyId, string | undefined]>([
    [{ idType: 'MSISDN', id: '26780978763' }, 'tel:+26780978763'],
    [{ idType: 'ALIAS', id: '26547070' }, 'eur:26547070'],
    [{ idType: 'EMAIL', id: 'bob@dfsp1.com' }, 'mailto:bob@dfsp1.com'],
    [{ idType: 'ACCOUNT_ID', id: '849702568' }, 'acct:849702568'],
    [{ idType: 'MSISDN', id: '+26780978763' }, undefined],
    [{ idType: 'MSISDN', id: '0711000009' }, undefined],
    [{ idType: 'IBAN', id: 'DE89370400440532013000' }, undefined],
    [{ idType: 'ALIAS', id: 'a&identifierType=tel' }, undefined],
  ])('R220, R226: %j is %s', (partyId, uri) => expect(uriOf(partyId)).toBe(uri));

  test('R251: an address is the prefix of the provider and the account, and what may be in it', () => {
    expect(addressOf('KEN', 'two', { idType: 'MSISDN', id: '254700000002' })).toBe(
      'private.l1p.KEN.two.254700000002.msisdn',
    );
    const anything = fc.record({
      id: fc.string({ minLength: 1, maxLength: 128, unit: 'binary' }),
      subId: fc.string({ minLength: 1, maxLength: 128 }),
    });
    fc.assert(
      fc.property(anything, anything, (one, other) => {
        const [first, second] = [one, other].map((party) => addressOf('ZZZ', 'two', { idType: 'EMAIL', ...party }));
        expect(first).toMatch(/^private\.l1p\.ZZZ\.two(\.[\w~-]+){3}$/);
        expect(first?.length).toBeLessThanOrEqual(1_023);
        expect(first === second).toBe(one.id === other.id && one.subId === other.subId);
      }),
    );
  });
});

describe('terms', () => {
  const key = (digit: string) => digit.repeat(64);
  const us = 'payee';
  const ours = createTerms({ us, country: 'ZZZ', secrets: parseKeyring(`a:${key('1')}`) });
  const amount = { amountMinor: 10_050n, currency: 'KES' } as const;
  const request: IncomingQuote = {
    ...{
      quoteId: 'q',
      transactionId: 't',
      dfspId: 'payer',
      payer: payerParty,
      payee: payeeParty,
      amountType: 'SEND',
      amount,
    },
    transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
    expiresAt: new Date(0),
  };
  const payeeFee = { ...amount, amountMinor: 0n };
  const offer: QuoteOffer = { transferAmount: amount, payeeReceives: amount, payeeFee, expiresAt: new Date(0) };
  const made = ours.read(ours.make(request, offer));
  const coming = { ...made, payerDfspId: 'payer', amount };

  test('prove the transfer that was offered, also when its secret has been replaced', () => {
    expect(ours.prove(coming)).toEqual({ quoteId: 'q' });
    const rotated = createTerms({ us, country: 'ZZZ', secrets: parseKeyring(`b:${key('2')},a:${key('1')}`) });
    expect(rotated.prove(coming)).toEqual({ quoteId: 'q' });
    expect(rotated.fulfilment(made)).toBe(ours.fulfilment(made));
    expect(rotated.read(rotated.make(request, offer)).condition).not.toBe(made.condition);
  });

  test.each([
    ['under another secret', { condition: 'A'.repeat(43) }],
    ['with another packet', { ilpPacket: `${made.ilpPacket}AA` }],
    ['with what is no packet', { ilpPacket: '' }],
    ['from another payer', { payerDfspId: 'mallory' }],
    ['of another amount', { amount: { ...amount, amountMinor: 10_051n } }],
    ['in another currency', { amount: { ...amount, currency: 'UGX' as const } }],
  ])('prove nothing %s', (_, change) => {
    expect(ours.prove({ ...coming, ...change })).toMatchObject({ code: '3100', moneyMoved: 'no' });
  });

  test('tell the centre nobody by name', () => {
    const packet = Buffer.from(made.ilpPacket, 'base64url').toString();
    expect(packet).not.toContain(payeeParty.name);
    expect(packet).not.toContain(payerParty.partyId.id);
  });
});

describe('errors', () => {
  const semantic = (reason: string) => ({
    id: 'UnprocessableEntityError',
    message: 'there is a generic semantic problem',
    validationErrors: [{ message: 'because', params: { key: 'id', value: '', reason } }],
  });
  test.each([
    [422, semantic('InsufficientFundsError'), '4001', 'no'],
    [422, semantic('ExpiredTransferError'), '3303', 'no'],
    [422, semantic('InvalidModificationError'), '3106', 'unknown'],
    [422, semantic('UnmetConditionError'), '3100', 'no'],
    [422, semantic('SomethingNew'), '3100', 'no'],
    [422, { id: 'UnsupportedCryptoTypeError', message: 'no' }, '3100', 'no'],
    [404, { id: 'NotFoundError', message: 'no' }, '3208', 'no'],
    [400, { id: 'InvalidBodyError', message: 'no', validationErrors: 'none' }, '3101', 'no'],
    [401, { id: 'UnauthorizedError', message: 'no' }, '3000', 'no'],
    [404, '<html>a proxy</html>', '3000', 'no'],
    [401, { id: 'RefusedError', message: 'Invalid signature', code: '3105' }, '3105', 'no'],
  ])('%i %j is %s', (status, body, code, moneyMoved) => {
    expect(refusalOf(status, body).error).toMatchObject({ code, moneyMoved });
  });

  test('a rejection is read as it was written, and one in other words as the payee’s', () => {
    const error = { code: '5200', description: 'Payee limit error', moneyMoved: 'no' } as const;
    expect(readRejection('cancelled', rejectionOf(error))).toEqual(error);
    expect(readRejection('cancelled', 'two is paused')).toMatchObject({ code: '5105', moneyMoved: 'no' });
    expect(readRejection('expired', undefined)).toMatchObject({ code: '3303', moneyMoved: 'no' });
  });
});
