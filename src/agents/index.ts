/**
 * Agents: what agents do beyond taking and giving cash, and what protects their customers while they do. Customers take
 * cash out by themselves or with a one-time code that holds the money, and have such codes for what they buy elsewhere;
 * an ID is looked at above an amount; float moves within its hierarchy only, is watched, and each day is reported once.
 */
export { createAgents, type Agents } from './agents';
export { createAgentCompanions } from './companions';
export type { AgentError } from './errors';
export { agentOf, type Caller, type PinCaller } from './who';
export { idTypes, type IdType } from './store';
