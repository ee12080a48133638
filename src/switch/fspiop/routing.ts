import { Refusal } from '../refusal';
import type { Operation } from './validate';
import { resources, type Resource } from './versions';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH';

/** A path of FSPIOP (section 6.1.3), taken apart. */
export interface Target {
  readonly resource: Resource;
  readonly method: Method;
  /** What the adapter does with it: `PUT quotes error`. */
  readonly action: Action;
  /** The schema of its body; undefined where there is no body. */
  readonly operation: Operation | undefined;
  /** Of quotes and transfers; of a bulk registration. */
  readonly id: string;
  /** Of parties and participants. */
  readonly party: { readonly type: string; readonly id: string; readonly subId: string | undefined };
}

const actions = {
  'GET parties': undefined,
  'PUT parties': 'PUT /parties/{Type}/{ID}',
  'PUT parties error': 'PUT /parties/{Type}/{ID}/error',
  'PUT participants': 'PUT /participants/{Type}/{ID}',
  'PUT participants error': 'PUT /participants/{Type}/{ID}/error',
  'POST transactionRequests': 'POST /transactionRequests',
  'GET transactionRequests': undefined,
  'PUT transactionRequests': 'PUT /transactionRequests/{ID}',
  'PUT transactionRequests error': 'PUT /transactionRequests/{ID}/error',
  'POST quotes': 'POST /quotes',
  'GET quotes': undefined,
  'PUT quotes': 'PUT /quotes/{ID}',
  'PUT quotes error': 'PUT /quotes/{ID}/error',
  'POST transfers': 'POST /transfers',
  'GET transfers': undefined,
  'GET transactions': undefined,
  'GET authorizations': undefined,
  'PUT authorizations': 'PUT /authorizations/{ID}',
  'PUT authorizations error': 'PUT /authorizations/{ID}/error',
  'PUT transfers': 'PUT /transfers/{ID}',
  'PUT transfers error': 'PUT /transfers/{ID}/error',
  'PATCH transfers': 'PATCH /transfers/{ID}',
  'PATCH transfers error': 'PUT /transfers/{ID}/error',
  'POST bulkQuotes': 'POST /bulkQuotes',
  'GET bulkQuotes': undefined,
  'PUT bulkQuotes': 'PUT /bulkQuotes/{ID}',
  'PUT bulkQuotes error': 'PUT /bulkQuotes/{ID}/error',
  'POST bulkTransfers': 'POST /bulkTransfers',
  'GET bulkTransfers': undefined,
  'PUT bulkTransfers': 'PUT /bulkTransfers/{ID}',
  'PUT bulkTransfers error': 'PUT /bulkTransfers/{ID}/error',
} as const satisfies Readonly<Record<string, Operation | undefined>>;
export type Action = keyof typeof actions;

/** Throws a `Refusal`: 404 for a path that FSPIOP doesn't have, 405 for a method that the path doesn't have, 501. */
export function targetOf(method: string, path: string): Target {
  const { resource, names, isError } = taken(path);
  const byParty = resource === 'parties' || resource === 'participants';
  if (names.length > (byParty ? 3 : 1) || names.includes('')) throw new Refusal(404, '3002');
  if (byParty && names.length < 2) throw new Refusal(501, '2002', `${resource} without a type`);
  const kind = isError ? 'error' : names.length === 0 ? 'collection' : 'item';
  const action = actionOf(method, resource, kind);
  const [first = '', second = '', subId] = names;
  const party = { type: first, id: second, subId };
  return { resource, method: method as Method, action, operation: actions[action], id: first, party };
}

function taken(path: string) {
  const [name, ...rest] = decoded(path);
  const resource = resources.find((one) => one === name);
  if (resource === undefined) throw new Refusal(404, '3002');
  const isError = rest.length > 1 && rest.at(-1) === 'error';
  return { resource, names: isError ? rest.slice(0, -1) : rest, isError };
}

type Kind = 'collection' | 'item' | 'error';
const methodsOf: Readonly<Record<Kind, readonly Method[]>> = {
  collection: ['POST'],
  item: ['GET', 'PUT', 'PATCH'],
  error: ['PUT', 'PATCH'],
};

function actionOf(method: string, resource: Resource, kind: Kind): Action {
  const nameOf = (one: string) => `${one} ${resource}${kind === 'error' ? ' error' : ''}`;
  const isAction = (name: string): name is Action => Object.hasOwn(actions, name);
  const allowed = methodsOf[kind].filter((one) => isAction(nameOf(one)));
  const name = nameOf(method);
  if (isAction(name) && allowed.some((one) => one === method)) return name;
  // We are no directory: who asks or tells us where an account is, asks the wrong house.
  if (resource === 'participants') throw new Refusal(501, '2002', `${method} participants`);
  throw new Refusal(405, '3000', `${method} is not for this path`, { headers: { Allow: allowed.join(', ') } });
}

function decoded(path: string): readonly string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw new Refusal(404, '3002', 'the path is not encoded as it should be');
  }
}
