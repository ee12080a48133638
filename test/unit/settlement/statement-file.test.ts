import { parseStatement } from '../../../src/settlement/statement-file';

/** R212: a statement as a hub hands it out; whatever is wrong with it is told by line and field. */
const header = 'transfer_id,payer,payee,amount,currency,state,created_at,decided_at,payer_fee,payee_fee';
const id = 'b51ec534-ee48-4575-b6a9-ead2955b8069';
const other = 'b51ec534-ee48-4575-b6a9-ead2955b8070';
const good = `${id},one,two,1000.00,KES,committed,2026-01-15T09:00:00Z,2026-01-15T12:00:01+03:00,2.00,`;
const parse = (...lines: readonly string[]) => parseStatement(lines.join('\n'), 'one');

test('reads what the scheme has, with amounts in minor units and times in any zone', () => {
  expect(parse(header, good)).toEqual({
    ok: true,
    value: [
      {
        ...{ transferId: id, payerDfspId: 'one', payeeDfspId: 'two', state: 'committed' },
        amount: { amountMinor: 100_000n, currency: 'KES' },
        createdAt: new Date('2026-01-15T09:00:00Z'),
        decidedAt: new Date('2026-01-15T09:00:01Z'),
        payerFee: { amountMinor: 200n, currency: 'KES' },
      },
    ],
  });
});

test('columns stand in any order, some may be absent; a byte-order mark, CRLF, quotes and empty lines are no harm', () => {
  const text = `\uFEFFstate,amount,currency,payee,payer,transfer_id\r\n\r\npending,"5","UGX",one,"a, b",${id.toUpperCase()}\r\n`;
  expect(parseStatement(text, 'one')).toEqual({
    ok: true,
    value: [
      {
        ...{ transferId: id, payerDfspId: 'a, b', payeeDfspId: 'one', state: 'pending' },
        amount: { amountMinor: 5n, currency: 'UGX' },
      },
    ],
  });
});

test('nothing happened: a header alone is a statement', () => {
  expect(parse(header)).toEqual({ ok: true, value: [] });
});

const short = 'transfer_id,payer,payee,amount,currency,state';
test.each([
  ['', 'line 1: the names of the columns are missing'],
  [`${short},colour\n`, 'line 1, column "colour": is not known here'],
  [`${short},state\n`, 'line 1, column state: is there twice'],
  ['transfer_id,payer,payee,amount,state\n', 'line 1, column currency: is missing'],
  [`${short}\nb51ec534,one,two,1,KES,committed`, 'line 2, field transfer_id: must be a UUID'],
  [`${short}\n${id},,two,1,KES,committed`, 'line 2, field payer: must be the name of a provider'],
  [`${short}\n${id},two,three,1,KES,committed`, 'line 2, field payee: must be one where payer is not'],
  [`${short}\n${id},one,one,1,KES,committed`, 'line 2, field payee: must not be the payer'],
  [`${short}\n${id},one,two,1,EUR,committed`, 'line 2, field currency: must be a currency such as KES'],
  [`${short}\n${id},one,two,1e3,KES,committed`, 'line 2, field amount: must be an amount in KES such as 1000.00'],
  [`${short}\n${id},one,two,-1,KES,committed`, 'line 2, field amount: must be an amount in KES such as 1000.00'],
  [`${short}\n${id},one,two,1.5,UGX,committed`, 'line 2, field amount: must be an amount in UGX such as 1000.00'],
  [`${short}\n${id},one,two,1,KES,COMMITTED`, 'line 2, field state: must be committed, aborted or pending'],
  [
    `${short},decided_at\n${id},one,two,1,KES,aborted,2026-02-30`,
    'line 2, field decided_at: must be a time such as 2026-01-15T09:00:00Z',
  ],
  [`${short},payee_fee\n${id},one,two,1,KES,aborted,x`, 'line 2, field payee_fee: must be an amount in KES or empty'],
  [`${short}\n${id},one,two,1,KES`, 'line 2: has more or fewer fields than there are columns'],
  [`${short}\n${id},one,two,1,KES,"committed`, 'line 2: is no CSV'],
  [
    `${short}\n${id},one,two,1,KES,committed\n${other},one,two,1,KES,committed\n${id},one,two,1,KES,aborted`,
    'line 4, field transfer_id: is on line 2 already',
  ],
])('%j is refused', (text, problem) => {
  expect(parseStatement(text, 'one')).toEqual({ ok: false, error: 'statement_malformed', detail: { problem } });
});
