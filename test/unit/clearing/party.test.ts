import { partyIdOf } from '../../../src/clearing/party';
import type { PartyId } from '../../../src/switch';

test.each<[string, PartyId]>([
  ['+254711000009', { idType: 'MSISDN', id: '254711000009' }],
  ['26547070', { idType: 'ALIAS', id: '26547070' }],
  ['100008', { idType: 'BUSINESS', id: '100008' }],
  ['mailto:Bob@DFSP1.com', { idType: 'EMAIL', id: 'bob@dfsp1.com' }],
  ['acct:Bob@dfsp1.com', { idType: 'ACCOUNT_ID', id: 'Bob@dfsp1.com' }],
])('R221: %s is %j to the scheme', (number, partyId) => expect(partyIdOf(number)).toEqual(partyId));
