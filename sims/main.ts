import { createServer, type Server } from 'node:http';
import { createSimulator, type Simulator } from './simulator';
import { readSettings, type Settings } from './settings';

const EXIT_WITHIN_MS = 800;

/** Runs the simulators as one process: on its own, or as a child that tells its parent over IPC when it is ready. */
function main(): void {
  // Without its parent a simulator would keep the port from the next start; the parent may be gone before we listen.
  if (process.send !== undefined && !process.connected) process.exit(0);
  process.once('disconnect', () => process.exit(0));
  const settings = readSettings(process.env);
  const simulator = createSimulator(settings);
  const server = createServer(simulator.app);
  server.once('error', (error: NodeJS.ErrnoException) => fail(whyNotListening(error, settings)));
  server.listen(settings.port, settings.host, () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : settings.port;
    if (process.send === undefined) console.log(`simulators: phone at http://localhost:${port}/`);
    if (process.connected) process.send?.({ ready: true, port }, undefined, undefined, () => undefined); // a parent that is going is told nothing
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(server, simulator));
}

function stop(server: Server, simulator: Simulator): void {
  setTimeout(() => process.exit(0), EXIT_WITHIN_MS).unref();
  simulator.close();
  server.close(() => process.exit(0));
  server.closeAllConnections();
}

function whyNotListening(error: NodeJS.ErrnoException, { host, port }: Settings): string {
  return error.code === 'EADDRINUSE' ? `port ${port} on ${host} is taken; choose another with SIM_PORT` : error.message;
}

function fail(message: string): void {
  console.error(`simulators: ${message}`);
  process.exit(1);
}

try {
  main();
} catch (error) {
  fail(error instanceof Error ? error.message : 'could not start');
}
