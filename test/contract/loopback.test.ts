import { setTimeout as sleep } from 'node:timers/promises';
import { createLoopbackHub } from '../../src/switch';
import { createSide } from '../support/side';
import { createMovableClock } from '../support/world';
import { describeSwitch } from './switch';

describeSwitch('loopback, in one process', {
  cannot: ['proof'],
  create: async () => {
    const clock = createMovableClock();
    const hub = createLoopbackHub({ now: () => clock.now(), onError: () => undefined });
    const [payer, payee] = await Promise.all(
      ['payer', 'payee'].map((name) => createSide(name, () => hub.adapterFor(name))),
    );
    if (!payer || !payee) throw new Error('two sides');
    return {
      ...{ clock, payer, payee },
      pass: async (durationMs) => {
        clock.advance(durationMs);
        await hub.expireDue();
        await sleep(0);
      },
      close: () => hub.idle(),
    };
  },
});
