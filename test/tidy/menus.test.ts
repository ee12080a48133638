import path from 'node:path';
import { Refusal } from '../../src/ussd';
import { people, typedPin } from './longest';
import { exportsOf, fault, isBusy, menuFiles, screenOf, trees, walk, type Edge } from './trees';

/** The shape of every tree of menus/: one file, one machine, one screen a state, and nothing that a runner can't keep. */
const perTree = trees.map((tree) => [tree.machine.id, tree] as const);
const edgesOf = new Map(trees.map((tree) => [tree.machine.id, walk(tree, people.latin)]));
const reserved = [0, 97, 98, 99];

test('there are trees to look at', () => {
  expect(menuFiles.length).toBeGreaterThanOrEqual(10);
});

test('a call that was cut is offered again by the name of what it was about, whatever that was', () => {
  const offer = trees.find(({ machine }) => machine.id === 'resume')?.states.get('offer');
  const nameOf = (where: string) => (offer && screenOf(offer)?.values?.({ where }))?.['where'];
  const begins = ['main', 'signup', 'resume']; // no place in the middle of something
  const nameless = trees
    .map(({ machine: { id } }) => id)
    .filter((id) => JSON.stringify(nameOf(id)) === '{"text":"resume.menu"}');
  expect(nameless.filter((id) => !begins.includes(id))).toEqual([]);
  expect(nameOf('pay')).toEqual({ text: 'main.pay' });
});

test.each(menuFiles)('%s exports one machine, named as the file', (file) => {
  expect(exportsOf(file).map(({ id }) => id)).toEqual([path.basename(file, '.ts')]);
});

describe.each(perTree)('%s', (id, tree) => {
  const states = Array.from(tree.states);
  const edges = edgesOf.get(id) ?? [];
  const visits = edges.map(({ to }) => to);

  test('every state is a screen, or waits, or ends', () => {
    const wrong = states.filter(([, state]) => {
      const ends = state.type === 'final';
      return isBusy(state) ? ends || screenOf(state) !== undefined : !ends && screenOf(state) === undefined;
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  test('a state that waits has one service, and somewhere to go when it is done and when it fails', () => {
    const wrong = states.filter(([, { invoke, config }]) => {
      const [service] = invoke;
      return invoke.length > 0 && (invoke.length > 1 || !service?.onDone || !service.onError || 'on' in config);
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
    expect(states.filter(([, state]) => isBusy(state) !== state.invoke.length > 0).map(([name]) => name)).toEqual([]);
  });

  test('what commits is busy, and every screen that leads to it says that it commits', () => {
    const commits = states.filter(([, { tags }]) => tags.includes('commits'));
    expect(commits.filter(([, state]) => !isBusy(state))).toEqual([]);
    const silent = edges.filter(
      ({ from, to }) => from?.screen && to.node.tags.includes('commits') && !from.screen.commits,
    );
    expect(namesOf(silent)).toEqual([]);
  });

  test('no timers, no machines within machines, no history', () => {
    const wrong = states.filter(
      ([, { type, config }]) => !['atomic', 'final'].includes(type) || 'after' in config || 'states' in config,
    );
    expect(wrong.map(([name]) => name)).toEqual([]);
    expect('after' in tree.machine.config).toBe(false);
  });

  test('every state can be reached', () => {
    const reached = new Set(visits.map(({ name }) => name));
    expect(states.map(([name]) => name).filter((name) => !reached.has(name))).toEqual([]);
  });

  test('nothing breaks on the way, whatever a service answers', () => {
    expect(visits.filter(({ snapshot }) => snapshot.status === 'error').map(({ name }) => name)).toEqual([]);
  });

  test('every answer to a screen leads on', () => {
    const lost = edges.filter(({ from, event }) => from?.screen && !from.snapshot.can(event));
    expect(namesOf(lost)).toEqual([]);
  });

  test('a screen reads a PIN if and only if it is secret', () => {
    const wrong = states.filter(([, state]) => {
      const screen = screenOf(state);
      const readsPin = ['pin', 'newPin', 'resetCode'].includes(screen?.input ?? '');
      return readsPin !== (screen?.secret === true);
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  test('B6: no context of any state holds the PIN that was typed', () => {
    expect(visits.filter(({ context }) => JSON.stringify(context).includes(typedPin)).map(({ name }) => name)).toEqual(
      [],
    );
  });

  test("B5: an option's number is its own on its screen, and no key of the runner's or of the networks'", () => {
    const wrong = visits.filter(({ screen, context }) => {
      const numbers = screen?.options?.(context).map(({ no }) => no) ?? [];
      return new Set(numbers).size !== numbers.length || numbers.some((no) => reserved.includes(no));
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('every failure is told, but for those that the caller need not hear of', () => {
    const silent = edges.filter(({ event, told }) => event.type.startsWith('xstate.error') && told.length === 0);
    const names = new Set(silent.map(({ from, event }) => `${id}.${from?.name ?? ''} ${codeOf(event)}`));
    expect(Array.from(names).filter((name) => !quiet.some((allowed) => name.startsWith(allowed)))).toEqual([]);
  });

  test('a wrong PIN brings the secret screen again, and a locked one ends the call', () => {
    const checks = edges.filter(({ from }) => provesPin(from?.node));
    const isAskedAgain = ({ from, to }: Edge) =>
      edges.some((edge) => edge.from?.name === to.name && edge.to.name === from?.name) && to.screen?.secret === true;
    const after = (code: string) => checks.filter(({ event }) => codeOf(event) === code);
    const lost = [...after('pin_wrong'), ...after('pin_busy')].filter((edge) => !isAskedAgain(edge));
    const open = after('pin_locked').filter(({ to }) => to.snapshot.status !== 'done');
    expect(namesOf([...lost, ...open])).toEqual([]);
  });
});

/** Failures that are not told: the number can be typed; the payment is noted another time; a stranger is led to sign-up. */
const quiet = [
  'send-money.remembering ',
  'cash-out-code.looking ',
  'main.noted ',
  'main.greeting unregistered',
  'signup.looking ',
];

/** Actors that verify the PIN of somebody who is known; sign-up compares two that were just chosen. */
function provesPin(node: { readonly invoke: readonly { readonly src: unknown }[] } | undefined): boolean {
  const services = [
    'submit',
    'request',
    'approve',
    'redeem',
    'balances',
    'statement',
    'desk',
    'lastServed',
    'verifyPin',
    'changeAccount',
    'changeHolder',
    'issue',
    'openTill',
    'addSeller',
    'dropSeller',
    'askBack',
    'giveBack',
    'keep',
    'myCases',
    'chooseContact',
    'removePhone',
    'consent',
  ];
  return node?.invoke.some(({ src }) => services.includes(String(src))) === true;
}

const movers = [
  'send-money',
  'move-money',
  'cash-in',
  'cash-out',
  'cash-out-code',
  'counter',
  'withdraw',
  'agent-desk',
  'agent-float',
  'pending',
  'pay',
];
const movesMoney = perTree.filter(([id]) => movers.includes(id));

const decidesOverRequests = ['pending', 'pay'];

test.each(movesMoney)('B2: %s says that no money has moved when it knows, and only then', (id) => {
  const edges = (edgesOf.get(id) ?? []).filter(({ from }) => from?.node.tags.includes('commits'));
  const faults = edges.filter(({ event }) => 'error' in event && event['error'] === fault);
  expect(faults.length).toBeGreaterThan(0);
  expect(namesOf(faults.filter(({ to }) => to.snapshot.status !== 'done' || saysNothingMoved(to)))).toEqual([]);

  const ended = edges.filter(({ from, to }) => provesPin(from?.node) && to.snapshot.status === 'done');
  const decided = ['request_gone', 'invoice_gone']; // it may have been approved, or paid
  const others = ['', ...(decidesOverRequests.includes(id) ? [] : decided)];
  const refused = ended.filter(({ event }) => !others.includes(codeOf(event)));
  expect(refused.length).toBeGreaterThan(0);
  const isKnown = ({ event }: Edge) => !decided.includes(codeOf(event));
  expect(namesOf(refused.filter((edge) => saysNothingMoved(edge.to) !== isKnown(edge)))).toEqual([]);
});

test('R129, Q9: the main menu keeps its numbers, and a role adds items at the end', () => {
  const edges = (edgesOf.get('main') ?? []).filter(({ to }) => to.name === 'home');
  const menus = new Set(
    edges.map(({ to: { screen, context } }) =>
      (screen?.options?.(context) ?? []).map(({ no, pick }) => `${no} ${pick}`).join(', '),
    ),
  );
  const everybody = '1 send-money, 2 pending, 3 pay, 4 balance, 5 statement, 6 accounts, 7 settings, 8 withdraw';
  const agents = `${everybody}, 9 cash-in, 10 cash-out, 11 agent-desk`;
  const sellers = ', 12 sell-goods, 13 invoices';
  const offered = [everybody, `${everybody}${sellers}`, agents, `${agents}${sellers}`];
  const nothingHeld = ['6 accounts, 7 settings', `6 accounts, 7 settings${sellers}`];
  expect(Array.from(menus).sort()).toEqual([...offered, ...nothingHeld].sort());
});

test('a tree that is opened by another exists', () => {
  const ids = trees.map(({ machine }) => machine.id);
  const opened = Array.from(edgesOf.values())
    .flat()
    .map(({ to }) => to.snapshot.output as { readonly open?: string } | undefined)
    .flatMap((next) => (next?.open === undefined ? [] : [next.open]));
  expect(opened.length).toBeGreaterThan(0);
  expect(opened.filter((id) => !ids.includes(id))).toEqual([]);
});

function saysNothingMoved({ screen, context }: Edge['to']): boolean {
  const text = typeof screen?.text === 'function' ? screen.text(context) : screen?.text;
  return text === 'kit.noMoneyMoved' || text === 'pending.staysOpen';
}

function codeOf(event: Edge['event']): string {
  const error: unknown = event['error'];
  return error instanceof Refusal ? error.code : '';
}

function namesOf(edges: readonly Edge[]): string[] {
  return [...new Set(edges.map(nameOf))];
}

function nameOf({ from, event, to }: Edge): string {
  return `${from?.name ?? ''} ${event.type} ${codeOf(event)} -> ${to.name}`;
}
