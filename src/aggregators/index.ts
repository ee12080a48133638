/** Aggregators: one folder a provider, whose quirks end there. A new one is a folder and a line here. */
export { createAfricasTalking } from './africastalking';
export type { Aggregator, AggregatorHandlers, PushPrompt, PushSender, SessionEnd } from './port';
