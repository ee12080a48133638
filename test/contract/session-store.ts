import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionStore } from '../../src/ussd';
import { createTestClock, type TestClock } from '../support/world';

export interface Subject {
  readonly store: SessionStore;
  /** How many may wait for one lock. */
  readonly waitersMax: number;
  close(): Promise<void>;
}

/** What every implementation of the session store promises. `create` gets the clock that its times are read from. */
export function describeSessionStore(name: string, create: (clock: TestClock) => Promise<Subject>): void {
  describe(`session store: ${name}`, () => {
    let clock: TestClock;
    let subject: Subject;
    beforeEach(async () => {
      clock = createTestClock();
      subject = await create(clock);
    });
    afterEach(() => subject.close());

    test('keeps a value until its time is up, and not after', async () => {
      const { store } = subject;
      await store.set('a', 'one', 1_000);
      expect(await store.get('a')).toBe('one');
      clock.advance(999);
      expect(await store.get('a')).toBe('one');
      clock.advance(1);
      expect(await store.get('a')).toBeUndefined();
    });

    test('a value written again is the new one, with a new time; a deleted one is gone', async () => {
      const { store } = subject;
      await store.set('a', 'one', 1_000);
      clock.advance(900);
      await store.set('a', 'two', 1_000);
      clock.advance(900);
      expect(await store.get('a')).toBe('two');
      await store.delete('a');
      expect(await store.get('a')).toBeUndefined();
      await store.delete('never');
    });

    test('B1: whoever holds a lock is alone, and all are served in the order they came', async () => {
      const order: number[] = [];
      let inside = 0;
      const enter = (n: number) =>
        subject.store.locked('a', 5_000, async () => {
          inside += 1;
          expect(inside).toBe(1);
          await sleep(n % 3);
          order.push(n);
          inside -= 1;
          return n;
        });
      const results = await Promise.all(Array.from({ length: 50 }, (_, n) => enter(n)));
      expect(results.map((result) => result.ok && result.value)).toEqual(Array.from({ length: 50 }, (_, n) => n));
      expect(order).toEqual(Array.from({ length: 50 }, (_, n) => n));
    });

    test('locks of different keys do not wait for one another', async () => {
      const inner = await subject.store.locked('a', 1_000, () =>
        subject.store.locked('b', 1_000, () => Promise.resolve('in')),
      );
      expect(inner).toEqual({ ok: true, value: { ok: true, value: 'in' } });
    });

    test('B9: who waits too long is told so, and their work does not run', async () => {
      let ran = false;
      await subject.store.locked('a', 1_000, async () => {
        const late = await subject.store.locked('a', 20, () => Promise.resolve((ran = true)));
        expect(late).toEqual({ ok: false, error: 'session_busy' });
      });
      expect(ran).toBe(false);
      expect(await subject.store.locked('a', 20, () => Promise.resolve('free'))).toEqual({ ok: true, value: 'free' });
    });

    test('too many who wait are turned away at once', async () => {
      const { store, waitersMax } = subject;
      await store.locked('a', 1_000, async () => {
        const waiting = Array.from({ length: waitersMax }, () => store.locked('a', 50, () => Promise.resolve('ran')));
        const startedAt = performance.now();
        expect(await store.locked('a', 60_000, () => Promise.resolve('ran'))).toEqual({
          ok: false,
          error: 'session_busy',
        });
        expect(performance.now() - startedAt).toBeLessThan(10_000);
        await Promise.all(waiting);
      });
    });

    test('work that throws gives its lock back', async () => {
      const failing = subject.store.locked('a', 1_000, () => Promise.reject(new Error('broken')));
      await expect(failing).rejects.toThrow('broken');
      expect(await subject.store.locked('a', 20, () => Promise.resolve('free'))).toEqual({ ok: true, value: 'free' });
    });
  });
}
