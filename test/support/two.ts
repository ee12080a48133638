import type { Clock, Db } from '../../src/platform';
import { createLoopbackHub, type SwitchAdapter, type SwitchHandler } from '../../src/switch';
import { createTestClock, createWorld, type TestClock, type World } from './world';

/** Two whole providers and a scheme between them, in one process; every event and command may be lost, doubled or late. */
export interface Two {
  readonly clock: TestClock;
  /** Where the people of the sandbox are, called `one`. */
  readonly one: World;
  /** Nobody at first, called `two`. */
  readonly two: World;
  readonly wires: Readonly<Record<'one' | 'two', Wire>>;
  /** Lets both sides and the scheme do what is due, until nothing is. */
  settle(): Promise<void>;
  /** Ends both, once their books are proven. */
  close(): Promise<void>;
}

/** What happens to what passes here; default: it arrives, once. */
export interface Wire {
  /** By the name of the command or event: how often it arrives. */
  copies: (name: string) => number;
}

/** What is between the two. */
export interface Between {
  readonly clock: TestClock;
  adapterFor(dfspId: string, deps: { readonly db: Db; readonly clock: Clock }): SwitchAdapter;
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

export function loopbackBetween(): Between {
  const clock = createTestClock();
  const onError = (error: unknown) => expect(error).toBeUndefined();
  return { clock, ...createLoopbackHub({ now: () => clock.now(), onError }) };
}

export async function createTwo(hub: Between = loopbackBetween()): Promise<Two> {
  const { clock } = hub;
  const wires = { one: { copies: () => 1 }, two: { copies: () => 1 } } as Two['wires'];
  const open = (dfspId: 'one' | 'two', empty: boolean): Promise<World> =>
    createWorld({
      ...{
        seed: `${dfspId}${hub.seed ?? ''}`,
        clock,
        empty,
        references: hub.references ?? [],
        environment: { DFSP_ID: dfspId, HOP_DEADLINE_MS: String(hub.hopDeadlineMs ?? 1_500) },
      },
      adapter: (deps) => overWire(hub.adapterFor(dfspId, deps), wires[dfspId]),
    });
  const one = await open('one', false);
  const two = await open('two', true);
  return {
    ...{ clock, one, two, wires },
    settle: async () => {
      for (let worked = 1; worked > 0;) {
        await hub.idle();
        const works = [one, two].flatMap(({ services: { clearing, counter, invoices } }) => [
          clearing.work(),
          counter.idle().then(() => counter.work()),
          invoices.sendDue(),
        ]);
        worked = (await Promise.all(works)).reduce((sum, done) => sum + done, await hub.expireDue());
      }
      await Promise.all([one.settle(), two.settle()]);
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

/** An adapter whose commands and events are lost or doubled as the wire says. */
function overWire(adapter: SwitchAdapter, wire: Wire): SwitchAdapter {
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
        outcome = await (work as (...values: unknown[]) => Promise<unknown>)(...values);
      }
      return outcome;
    };
    return [name, carry];
  });
  return Object.fromEntries(passing) as T;
}

const untouched: ReadonlySet<string> = new Set(['name', 'start', 'stop', 'termsOf']);
