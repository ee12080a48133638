/** The composition root: every room is made and joined here, and nowhere else. */
export { createGateway } from './gateway';
export { createHttp } from './http';
export { loadPeople, seedSandbox } from './sandbox';
export { loadNumbers, seedNumbers } from './sandbox-numbers';
export { loadStaff, readStaffTokens } from './sandbox-staff';
export { keptSecrets } from './secrets';
export { aloneScheme, type Scheme } from './scheme';
export { appRole, createServices, type Services } from './services';
export { startSystem, type System } from './system';
