import { setTimeout as sleep } from 'node:timers/promises';
import { createLoopbackHub } from '../../src/switch';
import { createSide } from '../support/side';
import { createMovableClock } from '../support/world';
import { describeSwitch, type Subject } from './switch';
import { describeBulks } from './switch-bulks';

const create = async (): Promise<Subject> => {
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
};

describeSwitch('loopback, in one process', {
  cannot: ['proof'],
  create,
});
describeBulks('loopback, in one process', create);
