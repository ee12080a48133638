import { createServer } from 'node:http';
import { runProcess } from './process';
import { closeServer, listenAt, portOf } from './servers';
import { createSimulator } from './simulator';
import { readSettings } from './settings';

runProcess('simulators', async () => {
  const settings = readSettings(process.env);
  const simulator = createSimulator(settings);
  const server = createServer(simulator.app);
  await listenAt(server, { ...settings, variable: 'SIM_PORT' });
  const port = portOf(server);
  const close = (): Promise<void> => {
    simulator.close();
    return closeServer(server);
  };
  return { told: { port }, said: `simulators: phone at http://localhost:${port}/`, close };
});
