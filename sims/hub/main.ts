import { reasonOf, runProcess } from '../process';
import { readSettings } from './settings';
import { startHub } from './start';

runProcess('hub', async (fail) => {
  const settings = readSettings(process.env);
  const { port, close } = await startHub(settings, (error) => fail(`the journal can't be written: ${reasonOf(error)}`));
  const participants = [...settings.participants.keys()].join(', ');
  const said = `hub: ready on ${settings.host}:${port} for ${participants}; data in ${settings.dataDir}`;
  return { told: { ports: { hub: port } }, said, close };
});
