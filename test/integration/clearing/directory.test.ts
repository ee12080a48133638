import { createServices } from '../../../src/app';
import { createIds, createLog, loadConfig } from '../../../src/platform';
import { createLoopbackHub, type SwitchAdapter } from '../../../src/switch';
import { createTestClock, createWorld, testSecrets, type World } from '../../support/world';
import { stageOf } from '../closing/people';

/** R51, R55, Q1: the scheme's directory hears who is reached here, and who no more, however often it must be told. */
let world: World;
afterEach(() => world.close());

interface Told {
  readonly id: string;
  readonly change: 'add' | 'remove';
}

/** A scheme with a directory that takes what it is told as long as it is open. */
function directory(name: string): { told: Told[]; open: boolean; adapter: SwitchAdapter; clock: World['clock'] } {
  const clock = createTestClock();
  const hub = createLoopbackHub({ now: () => clock.now(), onError: (error) => expect(error).toBeUndefined() });
  const error = { code: '2003', description: 'Service currently unavailable', moneyMoved: 'no' } as const;
  const scheme: ReturnType<typeof directory> = {
    ...{ told: [], open: true, clock },
    adapter: {
      ...hub.adapterFor('directory'),
      name,
      registerParty: ({ idType, id }, change) => {
        if (!scheme.open) return Promise.resolve({ status: 'refused', error });
        scheme.told.push({ id: `${idType} ${id}`, change });
        return Promise.resolve({ status: 'accepted' });
      },
    },
  };
  return scheme;
}

test('M10, R51, R55: whoever signs up is registered by phone and by user number, and is no more once their profile is closed', async () => {
  const scheme = directory('first');
  world = await createWorld({ clock: scheme.clock, adapter: scheme.adapter });
  await world.settle();
  const stage = stageOf(world);
  const hamim = await stage.someone('hamim');
  expect(scheme.told).toContainEqual({ id: 'MSISDN 254700000001', change: 'add' });
  expect(scheme.told).toContainEqual({ id: `ALIAS ${hamim.userNumber}`, change: 'add' });
  expect(new Set(scheme.told.map(({ id }) => id)).size).toBe(scheme.told.length); // each once
  scheme.told.length = 0;
  const newcomer = await stage.signUp('+254711000070');
  await world.settle();
  const both = (change: Told['change']) => [
    { id: `ALIAS ${newcomer.userNumber}`, change },
    { id: 'MSISDN 254711000070', change },
  ];
  expect(scheme.told.sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual(both('add'));
  scheme.told.length = 0;
  expect(await stage.close(newcomer)).toBe('closed');
  await world.settle();
  expect(scheme.told.sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual(both('remove'));
});

test('what the directory does not take is told again, later each time, as it is by then', async () => {
  const scheme = directory('first');
  world = await createWorld({ clock: scheme.clock, adapter: scheme.adapter });
  await world.settle();
  scheme.open = false;
  scheme.told.length = 0;
  const stage = stageOf(world);
  const newcomer = await stage.signUp('+254711000070');
  await world.settle();
  expect(await stage.close(newcomer)).toBe('closed');
  const again = await stage.signUp('+254711000070', {
    first: 'Zawadi',
    last: 'Kiptoo',
    nationalId: 'ZK123456',
    pin: '5038',
  });
  await world.settle();
  expect(scheme.told).toEqual([]);
  scheme.open = true;
  scheme.clock.advance(60_000);
  await world.settle();
  expect(scheme.told.sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual(
    [
      { id: `ALIAS ${again.userNumber}`, change: 'add' },
      { id: `ALIAS ${newcomer.userNumber}`, change: 'remove' },
      { id: 'MSISDN 254711000070', change: 'add' },
    ].sort((one, other) => (one.id < other.id ? -1 : 1)),
  );
});

test('a scheme that is new to us is told of everybody who is here by then', async () => {
  const [first, second] = [directory('first'), directory('second')];
  world = await createWorld({ clock: first.clock, adapter: first.adapter });
  const newcomer = await stageOf(world).signUp('+254711000070');
  expect(await stageOf(world).close(newcomer)).toBe('closed');
  await world.settle();
  const { limits, market, scheme } = loadConfig({});
  const { db, clock } = world.services;
  const log = createLog('silent');
  const deps = { db, clock, log, ids: createIds(clock), secrets: testSecrets, market, limits };
  const later = createServices({ ...deps, scheme: { ...scheme, adapter: second.adapter } });
  while ((await later.clearing.tellDirectory()) > 0);
  const here = first.told.filter(({ id }) => id !== `ALIAS ${newcomer.userNumber}` && id !== 'MSISDN 254711000070');
  const sorted = (told: readonly Told[]) => told.map(({ id, change }) => `${change} ${id}`).sort();
  expect(sorted(second.told)).toEqual(sorted(here));
});

test('nothing is told of what was rolled back', async () => {
  const scheme = directory('first');
  world = await createWorld({ clock: scheme.clock, adapter: scheme.adapter });
  await world.settle();
  scheme.told.length = 0;
  const { services } = world;
  const hamim = await stageOf(world).someone('hamim');
  const undone = services.db.tx(async (tx) => {
    await services.identity.phones.remove(tx, hamim);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  await world.settle();
  expect(scheme.told).toEqual([]);
});
