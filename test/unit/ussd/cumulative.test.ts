import { createHopHasher } from '../../../src/ussd';

const hasher = createHopHasher(Buffer.alloc(32, 4));
const answerAfter = (before: string, text: string, session = 's1') =>
  hasher.newAnswer(session, hasher.seen(session, before), text);

test.each([
  ['', '1', '1'],
  ['1', '1*0712345678', '0712345678'],
  ['1*0712345678', '1*0712345678*500', '500'],
  ['1', '1*', ''],
  ['', '1*0712345678', '1*0712345678'],
])('after %j, %j brings the answer %j', (before, text, answer) => {
  expect(answerAfter(before, text)).toBe(answer);
});

test.each([
  ['1', '1*5*0', '5*0'],
  ['1', '1**', '*'],
  ['1*5*0', '1*5*0*7', '7'],
  ['1*', '1**2', '2'],
])('a * inside an answer survives: after %j, %j brings %j', (before, text, answer) => {
  expect(answerAfter(before, text)).toBe(answer);
});

test.each([
  ['shrunk', '1*2*3', '1*2'],
  ['the same again', '1*2', '1*2'],
  ['diverged', '1*2*3', '1*9*3*4'],
  ['diverged in its last answer', '1*2', '1*3*4'],
  ['another last answer, grown longer', '1*2', '1*23'],
  ['emptied', '1*2', ''],
])('a text that has %s brings no answer', (_, before, text) => {
  expect(answerAfter(before, text)).toBeUndefined();
});

test('B6: what is kept of a text is its length and a keyed digest, and nothing that was typed', () => {
  const seen = hasher.seen('s1', '1*0712345678*500*8305');
  expect(seen.length).toBe(21);
  expect(JSON.stringify(seen)).not.toMatch(/8305|0712345678/);
  const otherKey = createHopHasher(Buffer.alloc(32, 5));
  expect(otherKey.seen('s1', '1*0712345678*500*8305').digest).not.toBe(seen.digest);
});

test('B6: the same text has another digest in another session, so a PIN can not be recognised', () => {
  expect(hasher.seen('s1', '8305').digest).not.toBe(hasher.seen('s2', '8305').digest);
  expect(hasher.newAnswer('s2', hasher.seen('s1', '1'), '1*2')).toBeUndefined();
});

test('B1: a hop has one name, however often it is delivered, and another in another session, provider or text', () => {
  const name = hasher.hopKey('africastalking', 's1', '1*2');
  expect(hasher.hopKey('africastalking', 's1', '1*2')).toBe(name);
  const others = [
    hasher.hopKey('africastalking', 's1', '1*2*3'),
    hasher.hopKey('africastalking', 's2', '1*2'),
    hasher.hopKey('hubtel', 's1', '1*2'),
    createHopHasher(Buffer.alloc(32, 5)).hopKey('africastalking', 's1', '1*2'),
  ];
  expect(new Set([name, ...others]).size).toBe(5);
});

test('B1: parts that run together do not make the same name', () => {
  expect(hasher.hopKey('a', 'bc', 'd')).not.toBe(hasher.hopKey('ab', 'c', 'd'));
  expect(hasher.hopKey('a', 's', '1')).not.toBe(hasher.seen('s', '1').digest);
});
