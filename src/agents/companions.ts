import { fullName, type Customer } from '../identity';
import { isByCode, isUnnamed, type Companion, type Payment } from '../payments';
import type { Values } from '../ussd';
import { assert, formatDateTime, formatMoney, plusMs, type Attachment, type Json } from '../platform';
import type { CompanionDeps } from './deps';
import { codeTriesMax, drawCode } from './code';

/**
 * What commits with the payments of agents: that the customer's code was told and their ID looked at where the market
 * asks for it, a code with the money that it holds, and that float stays within its hierarchy.
 */
export function createAgentCompanions(
  deps: CompanionDeps,
): Readonly<Record<'cash_in' | 'cash_out' | 'purchase' | 'float', Companion>> {
  return {
    cash_in: { attachments: (payment) => Promise.resolve(cashIn(deps, payment)), refusals },
    cash_out: { attachments: (payment) => cashOut(deps, payment), refusals },
    purchase: {
      attachments: (payment) => (isByCode(payment) ? codeRows(deps, payment) : Promise.resolve([])),
      refusals,
    },
    float: { attachments: (payment) => Promise.resolve([float(payment)]), refusals },
  };
}

const refusals = {
  agent_id_unseen: 'id_needed',
  agent_code_untold: 'code_needed',
  agent_code_one_open: 'code_open',
  agent_float_unrelated: 'float_unrelated',
  agent_float_answered: 'request_gone',
} as const;

/** Whether the market wants an ID to be looked at for so much. */
export function needsId({ rules, clock }: Pick<CompanionDeps, 'rules' | 'clock'>, amountMinor: bigint): boolean {
  const { idDigitsAboveMinor } = rules.conduct(clock.now());
  return idDigitsAboveMinor !== null && amountMinor > idDigitsAboveMinor;
}

function cashIn(deps: CompanionDeps, { paymentId, amountMinor }: Payment): Attachment[] {
  const needsCode = deps.rules.conduct(deps.clock.now()).cashInCode;
  const evidence = evidenceOf(deps, paymentId, { needsCode, needsId: needsId(deps, amountMinor) });
  return needsCode ? [...evidence, endOfCode(paymentId)] : evidence;
}

async function cashOut(deps: CompanionDeps, payment: Payment): Promise<Attachment[]> {
  const { paymentId, state, askedAs, expiresAt, amountMinor } = payment;
  // What a customer of another provider must show is asked for before their code (src/counter).
  if (askedAs === 'scheme') return [];
  if (isByCode(payment)) return codeRows(deps, payment);
  const evidence = evidenceOf(deps, paymentId, { needsCode: false, needsId: needsId(deps, amountMinor) });
  if (askedAs === 'payee') return state === 'pending' ? evidence : [];
  if (expiresAt === null) return evidence;
  return [...(state === 'completed' ? evidence : []), ...(await codeRows(deps, payment))];
}

/** The code is born with the hold on its money, and ends with it. */
async function codeRows(deps: CompanionDeps, payment: Payment): Promise<Attachment[]> {
  if (payment.state === 'pending') return codeFor(deps, payment);
  return [endOfCode(payment.paymentId), ...(payment.state === 'completed' ? [] : await endTold(deps, payment))];
}

function evidenceOf(
  { clock, codeTtlMs }: CompanionDeps,
  paymentId: string,
  needs: { needsCode: boolean; needsId: boolean },
): Attachment[] {
  if (!needs.needsCode && !needs.needsId) return [];
  const codeAfter = plusMs(clock.now(), -codeTtlMs).toISOString();
  const row = { payment_id: paymentId, needs_code: needs.needsCode, needs_id: needs.needsId, code_after: codeAfter };
  return [{ writer: 'agent_evidence', row }];
}

/** The code leaves by SMS only: no screen, session or log has it. */
async function codeFor(deps: CompanionDeps, payment: Payment): Promise<Attachment[]> {
  const { paymentId, payeeId, updatedAt, expiresAt } = payment;
  assert(expiresAt, 'money waits for a code for a while only');
  const customer = await ownerOfCode(deps, payment);
  const { code, sealed } = drawCode(deps, paymentId);
  const row: Record<string, Json> = {
    payment_id: paymentId,
    purpose: payment.product,
    customer_id: customer.customerId,
    agent_id: payeeId,
    code: sealed.bytes.toString('base64'),
    key_id: sealed.keyId,
    tries_left: codeTriesMax,
    created_at: updatedAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  };
  const { text, values } = await codeTold(deps, payment, code);
  const told = deps.notifications.attachments(customer, text, values);
  const event = deps.audit.attachment({
    action: 'code.issued',
    actor: { kind: 'customer', id: customer.customerId },
    subject: { kind: 'payment', id: paymentId },
    transferId: paymentId,
    new: { agentId: payeeId ?? payment.outside?.dfspId ?? null, expiresAt: expiresAt.toISOString() },
  });
  return [{ writer: 'agent_code', row }, ...told, event];
}

/** What the customer reads who has a code: nobody else does. */
export async function codeTold(
  deps: CompanionDeps,
  payment: Payment,
  code: string,
): Promise<{ text: CodeText; values: Values }> {
  const { amountMinor, currency, expiresAt, outside, product } = payment;
  assert(expiresAt, 'money waits for a code for a while only');
  const about = { code, amount: formatMoney(amountMinor, currency), date: formatDateTime(expiresAt, deps.market) };
  if (outside && isUnnamed(outside)) {
    return { text: product === 'purchase' ? 'sms.shopCode' : 'sms.atmCode', values: about };
  }
  const values = { ...about, name: { name: fullName(await agentOfCode(deps, payment)) } };
  return outside
    ? { text: 'sms.withdrawCodeElsewhere', values: { ...values, provider: outside.dfspId } }
    : { text: 'sms.withdrawCode', values };
}

type CodeText = `sms.${'withdrawCode' | 'withdrawCodeElsewhere' | 'atmCode' | 'shopCode'}`;

/** Whoever asked for the code, who may be a signatory of somebody else's account. */
export async function ownerOfCode({ identity, db }: CompanionDeps, { initiatorId }: Payment): Promise<Customer> {
  const customer = initiatorId === null ? undefined : await identity.byId(db, initiatorId);
  assert(customer, 'whoever has a code is known');
  return customer;
}

/** Whom a code is for, here or at another provider; of whoever it is told to there is no name before that. */
export async function agentOfCode(
  { identity, db }: CompanionDeps,
  { payeeId, outside }: Payment,
): Promise<Pick<Customer, 'firstName' | 'lastName'>> {
  const agent = outside ?? (payeeId === null ? undefined : await identity.byId(db, payeeId));
  assert(agent, 'customers are never deleted');
  return agent;
}

function endOfCode(paymentId: string): Attachment {
  return { writer: 'agent_code_end', row: { payment_id: paymentId } };
}

/** The customer reads that the money is free again, whoever ended it. */
async function endTold(deps: CompanionDeps, payment: Payment): Promise<Attachment[]> {
  const { amountMinor, currency, reference, outside } = payment;
  const [owner, about] = [await ownerOfCode(deps, payment), { reference, amount: formatMoney(amountMinor, currency) }];
  if (outside && isUnnamed(outside)) return deps.notifications.attachments(owner, 'sms.codeEnded', about);
  const values = { ...about, name: { name: fullName(await agentOfCode(deps, payment)) } };
  return deps.notifications.attachments(owner, 'sms.withdrawCodeEnded', values);
}

function float({ payerId, payeeId, subjectId, amountMinor, updatedAt }: Payment): Attachment {
  const row = { payer_id: payerId, payee_id: payeeId, request_id: subjectId, at: updatedAt.toISOString() };
  return { writer: 'agent_float', row: { ...row, amount_minor: amountMinor.toString() } };
}
