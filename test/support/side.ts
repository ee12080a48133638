import type { SwitchAdapter, SwitchHandler } from '../../src/switch';

type EventName = keyof SwitchHandler;
type EventOf<N extends EventName> = Parameters<SwitchHandler[N]>[0];

/** A provider without its core: what the core would be told is kept here, and a test is the core. */
export interface Side {
  readonly name: string;
  readonly adapter: SwitchAdapter;
  /** The next event of a kind, in the order in which they came. Fails after five seconds. */
  next<N extends EventName>(name: N): Promise<EventOf<N>>;
  /** Events that came and that nobody has asked for. */
  waiting(name: EventName): number;
  /** The next event of a kind can't be kept, once: as if the disk were full. */
  failOnce(name: EventName): void;
  /** The process ends. */
  stop(): Promise<void>;
  /** A process comes up, on the same database and address as the one before. */
  start(): Promise<void>;
  restart(): Promise<void>;
}

const patienceMs = 5_000;

/** `create`: the adapter of a new process. It has been started once. */
export async function createSide(name: string, create: () => SwitchAdapter): Promise<Side> {
  const events = new Map<EventName, object[]>();
  const failing = new Set<EventName>();
  const take = (event: EventName) => (what: object) => {
    if (failing.delete(event)) return Promise.reject(new Error('the disk is full'));
    events.set(event, [...(events.get(event) ?? []), what]);
    return Promise.resolve();
  };
  const handler: SwitchHandler = {
    onLookup: take('onLookup'),
    onQuote: take('onQuote'),
    onPrepare: take('onPrepare'),
    onConfirmed: take('onConfirmed'),
    onPartyAnswer: take('onPartyAnswer'),
    onQuoteAnswer: take('onQuoteAnswer'),
    onTransferOutcome: take('onTransferOutcome'),
    onPaymentRequest: take('onPaymentRequest'),
    onPaymentRequestAnswer: take('onPaymentRequestAnswer'),
    onPaymentRequestCancelled: take('onPaymentRequestCancelled'),
    onCodeAsked: take('onCodeAsked'),
    onCodeAnswer: take('onCodeAnswer'),
  };
  let current = create();
  const stop = () => current.stop();
  const start = async () => {
    current = create();
    await current.start(handler);
  };
  await current.start(handler);
  return {
    name,
    get adapter() {
      return current;
    },
    next: async <N extends EventName>(event: N): Promise<EventOf<N>> => {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const [first, ...rest] = events.get(event) ?? [];
        if (first) {
          events.set(event, rest);
          return first as EventOf<N>;
        }
        if (performance.now() > deadline) throw new Error(`${name} was told no ${event}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    waiting: (event) => events.get(event)?.length ?? 0,
    failOnce: (event) => void failing.add(event),
    stop,
    start,
    restart: async () => {
      await stop();
      await start();
    },
  };
}
