// Runs before the Testing Toolkit does, in its process: it listens on loopback only, its control port is where CONTROL_PORT
// says, and it has the keys that a scheme's connection manager would give it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { listenOnLoopback } from '../support/loopback.mjs';

const { CONTROL_PORT, KEY_FOLDER, PEER } = process.env;
const builtInControlPort = 5050;
listenOnLoopback((port) => (port === builtInControlPort ? Number(CONTROL_PORT) : port));

const key = (name) => readFileSync(`${KEY_FOLDER}/${name}`, 'utf8');
const { set } = createRequire(import.meta.url)('ml-testing-toolkit/src/lib/objectStore/inMemoryImpl');
await set('jwsConfig', {
  dfsps: { [PEER]: { jwsCertificate: key(`${PEER}.pem`) } },
  testingToolkitDfspPrivateKey: key('testingtoolkitdfsp.key'),
});
