import request from 'supertest';
import { assert } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import type { Two } from '../../support/two';
import type { World } from '../../support/world';
import { toThePin } from './people';

/** A transfer of 1,000 from Hamim to Venya that one side decided otherwise than the scheme, and has heard so. */
export interface Contradicted {
  readonly reference: string;
  readonly paymentId: string;
  readonly transferId: string;
}

/** Which side is wrong, what it has done, and so what the scheme has decided. */
export const cases = {
  'payer aborted': { side: 'one', done: 'transfer-release', theirs: 'committed' },
  'payer committed': { side: 'one', done: 'transfer-complete', theirs: 'aborted' },
  'payee committed': { side: 'two', done: 'transfer-complete', theirs: 'aborted' },
  'payee aborted': { side: 'two', done: 'transfer-release', theirs: 'committed' },
} as const;
export type Case = keyof typeof cases;

/** What arrives nowhere, so that one side must decide by itself: its news; and where the scheme aborts, the payee's answer. */
const deafTo = { one: 'onTransferOutcome', two: 'onConfirmed' } as const;

export async function contradict(both: Two, name: Case): Promise<Contradicted> {
  const { side, done, theirs } = cases[name];
  const world = both[side];
  both.wires[side].copies = (event) => (event === deafTo[side] ? 0 : 1);
  if (theirs === 'aborted') {
    const before = both.wires.two.copies;
    both.wires.two.copies = (event) => (event === 'answerPrepare' ? 0 : before(event));
  }
  const { call } = await toThePin(both);
  await call.answer('4071');
  await call.end('Success');
  await both.settle();
  const found = await world.owner.one<{ reference: string; paymentId: string; transferId: string }>({
    text: `select reference, payment_id as "paymentId", transfer_id as "transferId" from scheme_transfer where state = 'open'`,
  });
  both.clock.advance(95_000);
  await both.settle();
  const decided = await decideByTwo(world, done, { payment: found.reference });
  assert(decided.status === 200, `the staff decided: ${decided.text}`);
  for (const wire of Object.values(both.wires)) wire.copies = () => 1;
  await tell(both, name, found.transferId);
  await both.settle();
  return found;
}

/** The scheme says what it has decided, once more. */
export async function tell(both: Two, name: Case, transferId: string, theirs = cases[name].theirs): Promise<void> {
  const { side } = cases[name];
  const { handler } = both[side].services.clearing;
  if (side === 'one') await handler.onTransferOutcome({ transferId, state: theirs });
  else await handler.onConfirmed({ transferId, dfspId: 'one', state: theirs });
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}

/** At the staff's door. */
export async function knock(world: World, staffId: string, path: string, body: object): Promise<Reply> {
  return request(world.http)
    .post(`/staff/v1/${path}`)
    .set('authorization', `Bearer ${world.tokens[staffId] ?? ''}`)
    .send(body);
}

export function propose(world: World, command: string, args: object): Promise<Reply> {
  return knock(world, 'goma', command, { ...args, reason: "seen in the hub's books, ticket 4411" });
}

export async function approve(world: World, staffId = 'halima', act?: string): Promise<Reply> {
  const last = 'select max(act_number)::text as act from staff_act';
  const number = act ?? (await world.owner.one<{ act: string }>({ text: last })).act;
  return knock(world, staffId, `acts/${number}/approve`, { reason: 'compared with the statement' });
}

async function decideByTwo(world: World, command: string, args: object): Promise<Reply> {
  const proposed = await propose(world, command, args);
  assert(proposed.status < 300, `it may be proposed: ${proposed.text}`);
  return approve(world);
}

/** By two of the staff; resolves to what the second is told. */
export async function correct(world: World, payment: string, side: 'customer' | 'provider'): Promise<Reply> {
  return decideByTwo(world, 'transfer-correct', { payment, side });
}

export async function rowsOf(world: World, ...typed: string[]): Promise<readonly Readonly<Record<string, string>>[]> {
  const shown = await typeAs(world, 'goma', typed);
  assert(shown.ok, 'finance may look');
  return shown.value.rows ?? [];
}

/** What the door answers where it was done, and where it was not. */
export const says = (text: string): unknown =>
  expect.objectContaining({ says: expect.stringContaining(text) as string });
export const refusal = (code: string, problem = ''): object => ({
  error: { code, message: expect.stringContaining(problem) as string },
});
