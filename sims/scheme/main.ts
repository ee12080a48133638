import { reasonOf, runProcess } from '../process';
import { readSettings } from './settings';
import { startScheme } from './start';

runProcess('scheme', async (fail) => {
  const settings = readSettings(process.env);
  const { ports, close } = await startScheme(settings, (error) =>
    fail(`the journal can't be written: ${reasonOf(error)}`),
  );
  const places = Object.entries(ports).map(([service, port]) => `${service} ${port}`);
  const said = `scheme: ready on ${settings.host}: ${places.join(', ')}; data in ${settings.dataDir}`;
  return { told: { ports }, said, close };
});
