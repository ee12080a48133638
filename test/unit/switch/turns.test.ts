import { setImmediate as next } from 'node:timers/promises';
import { createTurns } from '../../../src/switch/fspiop/turns';

describe('Callbacks go out after the 202 to what they answer', () => {
  test('what follows a message waits until it is answered, and keeps its order', async () => {
    const under: Promise<unknown>[] = [];
    const turns = createTurns((work) => under.push(work));
    const done: string[] = [];
    const send = (what: string) => () => Promise.resolve(void done.push(what));
    let answer: (value?: unknown) => void = () => undefined;
    const answered = new Promise((resolve) => (answer = resolve));
    await turns.take(async () => {
      await next();
      expect(turns.follow(send('callback'))).toBeUndefined();
      expect(turns.follow(send('question'))).toBeUndefined();
    }, answered);
    // What has nothing to do with it goes at once.
    await turns.follow(send('another'));
    await next();
    expect(done).toEqual(['another']);
    answer();
    await Promise.all(under);
    expect(done).toEqual(['another', 'callback', 'question']);
  });

  test('what is done long after its message was answered goes at once', async () => {
    const turns = createTurns(() => undefined);
    let later: Promise<string> | undefined;
    await turns.take(() => {
      later = next().then(() => turns.follow(() => Promise.resolve('sent')) ?? 'waits');
      return Promise.resolve();
    }, Promise.resolve());
    expect(await later).toBe('sent');
  });
});
