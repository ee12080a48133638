import type { Clock, Db } from '../../src/platform';
import {
  createLoopbackHub,
  type LookupAnswer,
  type LoopbackHub,
  type PartyId,
  type SwitchAdapter,
  type SwitchHandler,
} from '../../src/switch';
import { createClockApart, createTestClock, createWorld, type ClockApart, type TestClock, type World } from './world';

/** Two whole providers and a scheme between them, in one process; every event and command may be lost, doubled or late. */
export interface Two {
  readonly clock: TestClock;
  /** What each of them takes that clock to say. */
  readonly clocks: Readonly<Record<'one' | 'two', ClockApart>>;
  /** Where the people of the sandbox are, called `one`. */
  readonly one: World;
  /** Nobody at first, called `two`. */
  readonly two: World;
  readonly wires: Readonly<Record<'one' | 'two', Wire>>;
  /** Lets both sides and the scheme do what is due, until nothing is. */
  settle(): Promise<void>;
  /** The process behind a provider's wire ends: it hears and sends nothing, and what is due there waits. */
  stop(name: 'one' | 'two'): Promise<void>;
  /** Another process, on the same database and at the same address. */
  start(name: 'one' | 'two'): Promise<void>;
  /** Ends both, once their books are proven. */
  close(): Promise<void>;
}

/** What happens to what passes here; default: it arrives, once. */
export interface Wire {
  /** By the name of the command or event: how often it arrives. */
  copies: (name: string) => number;
  /** What happens about a copy that arrives, or to it; default: it is carried at once. */
  around: (name: string, carry: () => Promise<unknown>, values: readonly unknown[]) => Promise<unknown>;
}

/** What is between the two. */
export interface Between {
  readonly clock: TestClock;
  adapterFor(dfspId: 'one' | 'two', deps: { readonly db: Db; readonly clock: Clock }): SwitchAdapter;
  /** Waits until everything that was sent has been delivered. */
  idle(): Promise<void>;
  /** Lets what is over by the time of the scheme be over. Returns how many. */
  expireDue(): Promise<number>;
  /** What ids are drawn from, where the scheme remembers those of other tests. */
  readonly seed?: string;
  /** The references that payments are given at both, in order. */
  readonly references?: readonly string[];
  /** Two thirds of it somebody on a line waits for the other provider; more where others' processes must answer. */
  readonly hopDeadlineMs?: number;
}

/** Others may stand beside the two. */
export function loopbackBetween(): Between & LoopbackHub {
  const clock = createTestClock();
  const onError = (error: unknown) => expect(error).toBeUndefined();
  return { clock, ...createLoopbackHub({ now: () => clock.now(), onError }) };
}

export async function createTwo(hub: Between = loopbackBetween()): Promise<Two> {
  const { clock } = hub;
  const clocks: Two['clocks'] = { one: createClockApart(clock), two: createClockApart(clock) };
  const wires: Two['wires'] = { one: createWire(), two: createWire() };
  const processes = new Map<string, Process>();
  const running = new Set<string>(['one', 'two']);
  const open = (dfspId: 'one' | 'two', empty: boolean): Promise<World> =>
    createWorld({
      ...{
        seed: `${dfspId}${hub.seed ?? ''}`,
        clock: clocks[dfspId],
        empty,
        references: hub.references ?? [],
        environment: { DFSP_ID: dfspId, HOP_DEADLINE_MS: String(hub.hopDeadlineMs ?? 1_500) },
      },
      adapter: (deps) => {
        const process = createProcess(() => hub.adapterFor(dfspId, deps));
        processes.set(dfspId, process);
        return overWire(process.adapter, wires[dfspId]);
      },
    });
  const one = await open('one', false);
  const two = await open('two', true);
  const working = (): World[] => [...(running.has('one') ? [one] : []), ...(running.has('two') ? [two] : [])];
  return {
    ...{ clock, clocks, one, two, wires },
    settle: async () => {
      for (let worked = 1; worked > 0;) {
        await hub.idle();
        const works = working().flatMap(({ services: { clearing, counter, invoices } }) => [
          clearing.work(),
          counter.idle().then(() => counter.work()),
          invoices.sendDue(),
        ]);
        worked = (await Promise.all(works)).reduce((sum, done) => sum + done, await hub.expireDue());
      }
      await Promise.all(working().map((world) => world.settle()));
    },
    stop: async (name) => {
      running.delete(name);
      await processes.get(name)?.stop();
    },
    start: async (name) => {
      await processes.get(name)?.start();
      running.add(name);
    },
    close: async () => {
      for (const { services } of [one, two]) {
        expect((await services.ledger.verify(services.db)).deviation).toBeUndefined();
      }
      await one.close();
      await two.close();
    },
  };
}

export function createWire(): Wire {
  return { copies: () => 1, around: (_, carry) => carry() };
}

/** A loopback asks everybody, where a directory asks whoever has it: of whom another has, it is not said that they aren't here. */
export function saysNothingOf(wire: Wire, elsewhere: readonly PartyId[]): void {
  wire.around = (name, carry, [value]) => {
    if (name !== 'answerLookup') return carry();
    const { partyId } = value as LookupAnswer;
    const isElsewhere = elsewhere.some(({ idType, id }) => idType === partyId.idType && id === partyId.id);
    return isElsewhere ? Promise.resolve() : carry();
  };
}

interface Process {
  /** Of whichever process runs now. */
  readonly adapter: SwitchAdapter;
  stop(): Promise<void>;
  start(): Promise<void>;
}

function createProcess(create: () => SwitchAdapter): Process {
  let current = create();
  let handler: SwitchHandler | undefined;
  const start: SwitchAdapter['start'] = (given) => current.start((handler = given));
  const work = (name: keyof SwitchAdapter) => [name, (...values: unknown[]) => (current[name] as Work)(...values)];
  const names = Object.keys({ ...current }) as (keyof SwitchAdapter)[];
  return {
    adapter: { ...(Object.fromEntries(names.map(work)) as SwitchAdapter), name: current.name, start },
    stop: () => current.stop(),
    start: async () => {
      current = create();
      if (handler) await current.start(handler);
    },
  };
}

/** An adapter whose commands and events are lost or doubled as the wire says. */
export function overWire(adapter: SwitchAdapter, wire: Wire): SwitchAdapter {
  const lost = { status: 'accepted' } as const; // sent, and nobody knows that it never arrived
  const commands = through(adapter, wire, lost);
  return { ...commands, start: (handler) => adapter.start(through(handler, wire, undefined)) };
}

function through<T extends SwitchAdapter | SwitchHandler>(target: T, wire: Wire, whenLost: unknown): T {
  const passing = Object.entries<unknown>({ ...target }).map(([name, work]) => {
    if (typeof work !== 'function' || untouched.has(name)) return [name, work];
    const carry = async (...values: unknown[]): Promise<unknown> => {
      let outcome: unknown = whenLost;
      for (let copies = wire.copies(name); copies > 0; copies -= 1) {
        outcome = (await wire.around(name, () => (work as Work)(...values), values)) ?? whenLost;
      }
      return outcome;
    };
    return [name, carry];
  });
  return Object.fromEntries(passing) as T;
}

type Work = (this: void, ...values: unknown[]) => Promise<unknown>;

const untouched: ReadonlySet<string> = new Set(['name', 'start', 'stop', 'termsOf']);
