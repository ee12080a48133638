import supertest from 'supertest';
import { createSimulator } from '../../../sims/simulator';
import { readSettings, type Settings } from '../../../sims/settings';
import { type Callback, startStubGateway } from './stub-gateway';

/** A simulator and what is around it. */
export interface Harness {
  gateway: Awaited<ReturnType<typeof startStubGateway>>;
  api: ReturnType<typeof supertest>;
  /** What the gateway got on a path, e.g. `/ussd/africastalking/events`. */
  callsTo(path: string): Callback[];
  close(): Promise<void>;
}

/** A simulator in this process, against a stub gateway. */
export async function startSimulator(change: Partial<Settings> = {}): Promise<Harness> {
  const gateway = await startStubGateway();
  const simulator = createSimulator({ ...readSettings({ GATEWAY_URL: gateway.url }), ...change });
  return {
    gateway,
    api: supertest(simulator.app),
    callsTo: (path: string) => gateway.calls.filter((call) => call.path === path),
    close: async () => {
      simulator.close();
      await gateway.close();
    },
  };
}
