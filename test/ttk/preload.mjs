// Runs before the Testing Toolkit does, in its process: it listens on loopback only, its control port is where CONTROL_PORT
// says, and it has the keys that a scheme's connection manager would give it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Server } from 'node:net';

const { CONTROL_PORT, KEY_FOLDER, PEER } = process.env;
const { listen } = Server.prototype;
const builtInControlPort = 5050;

Server.prototype.listen = function (...given) {
  const [first] = given;
  const options = typeof first === 'object' && first !== null ? first : { port: Number(first) };
  const port = options.port === builtInControlPort ? Number(CONTROL_PORT) : options.port;
  const then = given.filter((one) => typeof one === 'function');
  return listen.call(this, { ...options, port, host: '127.0.0.1' }, ...then);
};

const key = (name) => readFileSync(`${KEY_FOLDER}/${name}`, 'utf8');
const { set } = createRequire(import.meta.url)('ml-testing-toolkit/src/lib/objectStore/inMemoryImpl');
await set('jwsConfig', {
  dfsps: { [PEER]: { jwsCertificate: key(`${PEER}.pem`) } },
  testingToolkitDfspPrivateKey: key('testingtoolkitdfsp.key'),
});
