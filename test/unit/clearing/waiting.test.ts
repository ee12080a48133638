import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createWaiting } from '../../../src/clearing/waiting';

// Once the flag is set, a fresh context has it.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('Somebody on a line waits for another provider', () => {
  test('what another process writes is found without a word of it, though memory is collected meanwhile', async () => {
    let looks = 0;
    const found = createWaiting().until('a', 60_000, () => Promise.resolve((looks += 1) > 3 ? 'there' : undefined));
    for (let turn = 0; turn < 10; turn += 1) {
      await sleep(5);
      collect();
    }
    expect(await found).toBe('there');
  });

  test('time is up, though nothing is there and memory is collected meanwhile', async () => {
    const found = createWaiting().until<string>('a', 150, () => Promise.resolve(undefined));
    await sleep(5);
    collect();
    expect(await found).toBeUndefined();
  });

  test('a word of this process is heard at once', async () => {
    const waiting = createWaiting();
    let isThere = false;
    const found = waiting.until('a', 60_000, () => Promise.resolve(isThere ? 'there' : undefined));
    await sleep(1);
    isThere = true;
    waiting.wake('a');
    expect(await found).toBe('there');
  });
});
