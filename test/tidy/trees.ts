import { readdirSync } from 'node:fs';
import path from 'node:path';
import {
  initialTransition,
  StateMachine,
  transition,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
} from 'xstate';
import { Refusal, type Screen } from '../../src/ussd';
import type { ScreenEvent, Told } from '../../src/ussd/screen';
import { answerTo, refusalsOf, type Person } from './longest';
import { answersOf, inputsOf } from './samples';

/** The trees as they are: found by reading the folder, and walked through every answer and every refusal. */
export interface Tree {
  readonly file: string;
  readonly machine: AnyStateMachine;
  readonly states: ReadonlyMap<string, AnyStateNode>;
}

const menusFolder = path.join(__dirname, '..', '..', 'menus');

export function exportsOf(file: string): AnyStateMachine[] {
  const exported = jest.requireActual<Record<string, unknown>>(path.join(menusFolder, file));
  return Object.values(exported).filter((value): value is AnyStateMachine => value instanceof StateMachine);
}

export const menuFiles: readonly string[] = readdirSync(menusFolder).filter((file) => file.endsWith('.ts'));

export const trees: readonly Tree[] = menuFiles.flatMap((file) =>
  exportsOf(file).map((machine) => ({ file, machine, states: new Map(Object.entries(machine.states)) })),
);

export function isBusy(state: AnyStateNode): boolean {
  return state.tags.includes('busy');
}

export function screenOf(state: AnyStateNode): Screen | undefined {
  return state.meta as Screen | undefined;
}

/** A state with one of the contexts that it may have. */
export interface Visit {
  readonly tree: string;
  readonly name: string;
  readonly node: AnyStateNode;
  readonly screen: Screen | undefined;
  readonly snapshot: AnyMachineSnapshot;
  readonly context: unknown;
}

/** One event and where it led. */
export interface Edge {
  readonly from: Visit | undefined;
  readonly event: AnyEventObject;
  readonly to: Visit;
  readonly told: readonly Told[];
  /** The first edge of its walk that led to this state with this context. */
  readonly isFirst: boolean;
}

export const fault = new Error('the database is away');

/** Why a service that a state asks may refuse. */
type RefusalsAt = (state: string, service: string) => readonly Refusal[];

/**
 * Every edge that can be walked, breadth first, with the answers that a service may give when others are this long.
 * Every refusal is tried where a state is first come to; wherever else the same state is come to, one of those that led
 * the same way stands for all.
 */
export function walk(tree: Tree, person: Person, refusalsAt: RefusalsAt = (_, service) => refusalsOf(service)): Edge[] {
  const edges: Edge[] = [];
  const seen = new Set<string>();
  const queue: Visit[] = [];
  const standIns = new Map<string, readonly Refusal[]>();
  const take = (from: Visit | undefined, event: AnyEventObject, [snapshot, actions]: Stepped): Visit => {
    const to = visitOf(tree, snapshot);
    const key = JSON.stringify([to.name, to.context]);
    const isFirst = !seen.has(key);
    edges.push({ from, event, to, told: toldIn(actions), isFirst });
    if (isFirst) queue.push(to);
    seen.add(key);
    return to;
  };
  for (const input of inputsOf(tree.machine.id, person)) {
    take(undefined, { type: 'open' }, initialTransition(tree.machine, input));
  }
  for (let visit = queue.shift(); visit; visit = queue.shift()) {
    const ways = new Map<string, Refusal>();
    const known = standIns.get(visit.name);
    for (const event of eventsAt(visit, person, known ? () => known : refusalsAt)) {
      const to = take(visit, event, transition(tree.machine, visit.snapshot, event));
      const error: unknown = event['error'];
      if (error instanceof Refusal) ways.set(JSON.stringify([to.name, to.context]), error);
    }
    if (isBusy(visit.node) && !known) standIns.set(visit.name, Array.from(ways.values()));
  }
  return edges;
}

/**
 * The same for another person. What refuses whom does not depend on names: of all refusals only those are tried again
 * that led somewhere new on the first walk.
 */
export function walkAgain(tree: Tree, person: Person, firstWalk: readonly Edge[]): Edge[] {
  const leading = new Map<string, Set<Refusal>>();
  for (const { from, event, isFirst } of firstWalk) {
    const error: unknown = event['error'];
    if (!isFirst || !from || !(error instanceof Refusal)) continue;
    leading.set(from.name, (leading.get(from.name) ?? new Set()).add(error));
  }
  return walk(tree, person, (state) => Array.from(leading.get(state) ?? []));
}

type Stepped = readonly [AnyMachineSnapshot, readonly { readonly type: string; readonly params?: unknown }[]];

function visitOf(tree: Tree, snapshot: AnyMachineSnapshot): Visit {
  const name = snapshot.value as string;
  const node = tree.states.get(name);
  if (!node) throw new Error(`${tree.file} has no state ${JSON.stringify(snapshot.value)}`);
  return { tree: tree.machine.id, name, node, screen: screenOf(node), snapshot, context: snapshot.context };
}

function toldIn(actions: Stepped[1]): Told[] {
  return actions
    .filter(({ type }) => type === 'xstate.emit')
    .map(({ params }) => (params as { readonly event: Told }).event);
}

function eventsAt(visit: Visit, person: Person, refusalsAt: RefusalsAt): AnyEventObject[] {
  const { node, screen, snapshot, context } = visit;
  if (snapshot.status === 'done') return [];
  if (isBusy(node)) {
    return node.invoke.flatMap(({ id, src }) => {
      const service = src as string;
      return [
        ...answersAt(visit, service, person).map((output) => ({ type: `xstate.done.actor.${id}`, output })),
        ...[...refusalsAt(visit.name, service), fault].map((error) => ({ type: `xstate.error.actor.${id}`, error })),
      ];
    });
  }
  const picks = screen?.options?.(context).map(({ pick }): ScreenEvent => ({
    type: 'PICK',
    option: pick,
    hopKey: 'h2',
  }));
  const answer: ScreenEvent[] = screen?.input
    ? [{ type: 'ANSWER', value: answerTo(screen.input, person), hopKey: 'h2' }]
    : [];
  return [...(picks ?? []), ...answer];
}

function answersAt({ tree }: Visit, service: string, person: Person): readonly unknown[] {
  const answers = answersOf(tree, service, person);
  if (!answers) throw new Error(`say in test/tidy/samples/ what ${service} of ${tree} may answer`);
  return answers;
}
