import { createGate } from '../../../src/platform';

/** Work that ends when it is told to. */
function held(): { work: () => Promise<string>; end: () => void; started: () => boolean } {
  let running = false;
  let finish: (value: string) => void = () => undefined;
  const done = new Promise<string>((resolve) => (finish = resolve));
  const work = () => {
    running = true;
    return done;
  };
  return { work, end: () => finish('done'), started: () => running };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the gate before work that takes much memory', () => {
  test('lets so many run, so many wait, and turns the rest away at once', async () => {
    const gate = createGate({ runningMax: 2, waitingMax: 1 });
    const [a, b, c, d] = [held(), held(), held(), held()];
    const [first, second, third] = [a, b, c].map(({ work }) => gate.pass(work));
    expect(await gate.pass(d.work)).toBe('full');
    await turn();
    expect([a, b, c, d].map(({ started }) => started())).toEqual([true, true, false, false]);
    a.end();
    expect(await first).toBe('done');
    await turn();
    expect(c.started()).toBe(true);
    for (const { end } of [b, c]) end();
    expect(await Promise.all([second, third])).toEqual(['done', 'done']);
    expect(d.started()).toBe(false);
  });

  test('serves in the order of coming', async () => {
    const gate = createGate({ runningMax: 1, waitingMax: 10 });
    const order: number[] = [];
    await Promise.all([0, 1, 2, 3, 4].map((at) => gate.pass(() => Promise.resolve(order.push(at)))));
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test('gives the place back when work fails', async () => {
    const gate = createGate({ runningMax: 1, waitingMax: 0 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(gate.pass(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
    expect(await gate.pass(() => Promise.resolve('in'))).toBe('in');
  });

  test('never runs more than it may, whoever comes and goes', async () => {
    const gate = createGate({ runningMax: 3, waitingMax: 100 });
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (running += 1));
      await turn();
      running -= 1;
    };
    await Promise.all(Array.from({ length: 100 }, () => gate.pass(work)));
    expect(most).toBe(3);
    expect(await gate.pass(() => Promise.resolve('in'))).toBe('in');
  });
});
