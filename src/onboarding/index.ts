/** Onboarding: a person becomes a customer, with everything that takes or nothing at all. */
export type { ApplicationError } from './errors';
export { createOnboarding, type Onboarding, type SandboxPerson } from './onboarding';
