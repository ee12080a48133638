import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { loadConfig } from '../../../src/platform';
import { readSettings } from '../../../sims/settings';

const root = path.join(__dirname, '..', '..', '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly read_only?: boolean;
}

/** What an operator has to put into the environment, and an example of it. */
const set: Record<string, string> = {
  POSTGRES_PASSWORD: 'correcthorse',
  PIN_PEPPER: `k1:${'11'.repeat(32)}`,
  DATA_KEY: `k1:${'22'.repeat(32)}`,
  INDEX_KEY: '33'.repeat(32),
  HOP_KEY: '44'.repeat(32),
  AUDIT_KEY: `k1:${'55'.repeat(32)}`,
  AFRICASTALKING_USERNAME: 'example',
  AFRICASTALKING_API_KEY: 'example',
  AFRICASTALKING_CALLBACK_TOKEN: 'callback-token-example',
};

// What starhash itself is started with, PostgreSQL left out.
const services = ['docker-compose.yml', 'docker-compose.sandbox.yml'].flatMap((file) =>
  Object.entries(servicesOf(file))
    .filter(([, { image }]) => image === 'starhash')
    .map(([name, service]) => ({ file, name, ...service, isSims: service.command?.includes('sims/main.ts') ?? false })),
);

test.each(services)('$file: $name is given only variables that exist', ({ environment, isSims }) => {
  const known = [...variablesOf(isSims ? 'sims/settings.ts' : 'src/platform/config.ts'), 'NODE_ENV'];
  expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
});

test.each(services)('$file: $name starts with what it is given', ({ environment, isSims }) => {
  const filled = Object.entries(environment).map(([name, value]) => [name, interpolate(value, set)]);
  const given = { ...dockerfileEnvironment(), ...(Object.fromEntries(filled) as Record<string, string>) };
  if (isSims) expect(readSettings(given).host).toBe('0.0.0.0');
  else expect(loadConfig(given)).toMatchObject({ host: '0.0.0.0', port: 8019 });
});

test('production asks for each secret by name, and the sandbox for nothing', () => {
  const asked = [...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
  expect(new Set(asked)).toEqual(new Set(Object.keys(set)));
  expect(read('docker-compose.sandbox.yml')).not.toContain('${');
});

test('the image is made of files that are there and that .dockerignore lets in', () => {
  const lines = read('Dockerfile').split('\n');
  const copied = lines.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1));
  const letIn = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.replace(/^!|\/$/g, ''));
  expect(copied.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  expect([...new Set(copied)].sort()).toEqual(letIn.sort());
});

function servicesOf(file: string): Record<string, Service> {
  // Taken from knip, which needs it: no parser of YAML is a dependency of ours.
  const yaml = createRequire(path.join(root, 'node_modules', 'knip', 'dist', 'index.js'))('yaml') as {
    parse(text: string, options: { merge: boolean }): unknown;
  };
  return (yaml.parse(read(file), { merge: true }) as { services: Record<string, Service> }).services;
}

/** The names in the schema of a settings file, one a line. */
function variablesOf(file: string): string[] {
  const names = [...read(file).matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name ?? '');
  if (names.length === 0) throw new Error(`no variables found in ${file}`);
  return names;
}

function dockerfileEnvironment(): Record<string, string> {
  const [, pairs = ''] = /^ENV (.+)$/m.exec(read('Dockerfile')) ?? [];
  return Object.fromEntries(pairs.split(' ').map((pair) => pair.split('='))) as Record<string, string>;
}

/** As Compose reads `${NAME:?message}` and `${NAME:-default}`. */
function interpolate(value: string, environment: Record<string, string>): string {
  return value.replace(/\$\{(\w+):([?-])([^}]*)\}/g, (_, name: string, operator: string, rest: string) => {
    const given = environment[name] ?? '';
    if (given !== '') return given;
    if (operator === '?') throw new Error(`${name} is missing: ${rest}`);
    return rest;
  });
}
