import { createMemorySessions } from '../../src/ussd';
import { createTestClock } from '../support/world';
import { describeSessionStore } from './session-store';

describeSessionStore('in this process', (clock) => {
  const waitersMax = 60;
  const store = createMemorySessions({ clock, valuesMax: 100, waitersMax });
  return Promise.resolve({ store, waitersMax, close: () => Promise.resolve() });
});

test('in this process: never holds more values than it may; the oldest written goes first', async () => {
  const clock = createTestClock();
  const store = createMemorySessions({ clock, valuesMax: 3, waitersMax: 1 });
  for (const key of ['a', 'b', 'c']) await store.set(key, key, 1_000);
  await store.set('a', 'again', 1_000);
  await store.set('d', 'd', 1_000);
  const kept = await Promise.all(['a', 'b', 'c', 'd'].map((key) => store.get(key)));
  expect(kept).toEqual(['again', undefined, 'c', 'd']);
});
