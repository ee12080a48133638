import { createHash } from 'node:crypto';
import { createActor, waitFor, type AnyMachineSnapshot, type AnyStateMachine, type Snapshot } from 'xstate';
import { assert } from '../platform';
import type { Frame } from './sessions';
import type { Next, Screen, ScreenEvent, Told } from './screen';

/** A tree with its actors provided, and the digest of its shape: a frame of another shape is not shown. */
export interface Flow {
  readonly id: string;
  readonly version: string;
  readonly machine: AnyStateMachine;
}

export function flowOf(machine: AnyStateMachine): Flow {
  const shape = createHash('sha256').update(JSON.stringify(machine.definition)).digest('base64url');
  return { id: machine.id, version: shape.slice(0, 12), machine };
}

/** Where a machine stood still, and what it said on the way. */
export interface Settled {
  readonly kind: 'settled';
  readonly frame: Frame;
  readonly screen: Screen;
  readonly context: unknown;
  /** Set when the tree has ended. */
  readonly next: Next | undefined;
  readonly told: readonly Told[];
}

/** The deadline came first. Work that has an effect goes on (`rest`); any other is abandoned. */
export interface Late {
  readonly kind: 'late';
  readonly rest: Promise<Settled> | undefined;
}

export type Start = { readonly input: object } | { readonly frame: Frame; readonly event: ScreenEvent };

/** Even parked work ends: every query and every call to a provider has a shorter limit of its own. */
const parkedTimeoutMs = 120_000;

/**
 * Starts a tree, or gives an event to a settled one, and waits until it stands still, at most `timeoutMs`.
 * Rejects when the machine itself breaks (a guard or an assignment threw): a bug.
 */
export async function step(flow: Flow, start: Start, timeoutMs: number): Promise<Settled | Late> {
  const told: Told[] = [];
  const passed = { commits: false };
  const actor = createActor(flow.machine, 'frame' in start ? restored(start.frame) : { input: start.input });
  const broken = new Promise<never>((_, reject) => {
    actor.subscribe({
      next: (snapshot: AnyMachineSnapshot) => {
        if (snapshot.hasTag('commits')) passed.commits = true;
      },
      error: reject,
    });
  });
  broken.catch(() => undefined); // it is awaited below; without this a machine that breaks late would end the process
  actor.on('*', (event) => told.push(event as Told));
  actor.start();
  if ('frame' in start) actor.send(start.event);

  const settle = async (limitMs: number): Promise<Settled> => {
    const still = waitFor(actor, (snapshot: AnyMachineSnapshot) => !snapshot.hasTag('busy'), { timeout: limitMs });
    const snapshot: AnyMachineSnapshot = await Promise.race([broken, still]);
    const settled = settledAt(flow, snapshot, actor.getPersistedSnapshot()); // before stop, which marks it stopped
    actor.stop();
    return { ...settled, told };
  };

  try {
    return await settle(Math.max(0, timeoutMs));
  } catch (error) {
    const { status } = actor.getSnapshot() as AnyMachineSnapshot;
    if (status === 'error') throw error;
    if (passed.commits) return { kind: 'late', rest: settle(parkedTimeoutMs) };
    actor.stop();
    return { kind: 'late', rest: undefined };
  }
}

/** The screen of a frame, without starting anything. */
export function screenOf(flow: Flow, frame: Frame): { screen: Screen; context: unknown } {
  const { value, context } = frame.snapshot as { value: string; context: unknown };
  const snapshot = flow.machine.resolveState({ value, context });
  return { screen: metaOf(flow, snapshot as AnyMachineSnapshot), context };
}

function settledAt(flow: Flow, snapshot: AnyMachineSnapshot, persisted: Snapshot<unknown>): Omit<Settled, 'told'> {
  return {
    kind: 'settled',
    frame: { flow: flow.id, version: flow.version, state: stateOf(snapshot), snapshot: persisted },
    screen: metaOf(flow, snapshot),
    context: snapshot.context,
    next: snapshot.status === 'done' ? ((snapshot.output as Next | undefined) ?? { close: true }) : undefined,
  };
}

function restored(frame: Frame): { snapshot: Snapshot<unknown> } {
  return { snapshot: frame.snapshot as Snapshot<unknown> };
}

function stateOf(snapshot: AnyMachineSnapshot): string {
  assert(typeof snapshot.value === 'string', 'a tree is flat: one screen, one state');
  return snapshot.value;
}

/** Every settled state has a screen, but for a final one that only opens another tree. */
function metaOf(flow: Flow, snapshot: AnyMachineSnapshot): Screen {
  const meta = snapshot.getMeta() as Record<string, Screen | undefined>;
  return meta[`${flow.id}.${stateOf(snapshot)}`] ?? { text: 'kit.nothing' };
}
