import { readMoney, writeMoney } from '../amounts';
import { isSchemeError, type CodeAnswer, type SwitchAdapter } from '../port';
import { Refusal } from '../refusal';
import type { JsonObject } from './canonical';
import { callbackPath, sendInTurn, type Shared } from './context';
import { errorBody, readError, schemeError } from './errors';
import { uuidOf } from './ids';
import { answerUnkept, mustSpeak } from './inbox';
import { spelledBy } from './payment-requests';
import { accepted } from './outbox';
import type { Inbound } from './server';

/**
 * Codes of payers at a counter of the payee's (`/authorizations`, section 6.6): the payer's provider asks for the code, the
 * payee's answers with what was typed. No table knows of it: a question may be asked again, and a code is kept nowhere.
 */
interface WireAnswer {
  readonly authenticationInfo?: { readonly authentication: string; readonly authenticationValue: string };
  readonly responseType: 'ENTERED' | 'REJECTED' | 'RESEND';
}

const responses = { entered: 'ENTERED', rejected: 'REJECTED', resend: 'RESEND' } as const;

/** The payer's provider wants the code for a request of ours. */
export async function takeCodeAsk(shared: Shared, message: Inbound): Promise<void> {
  const { target, source, version, query } = message;
  const requestId = uuidOf(target.id);
  const sent = await shared.store.findSent('transactionRequests', requestId);
  if (sent?.destination !== source) return answerUnkept(shared, message, errorBody(schemeError('3206')));
  const given = (name: string): string => {
    const value = query.get(name);
    if (value === null || value === '') throw new Refusal(400, '3102', name);
    return value;
  };
  const [type, retriesLeft] = [given('authenticationType'), given('retriesLeft')];
  const amount = readMoney({ amount: given('amount'), currency: given('currency') });
  if (!/^[1-9]\d{0,8}$/.test(retriesLeft)) throw new Refusal(400, '3101', 'retriesLeft');
  if (!amount) throw new Refusal(400, '3101', 'amount');
  if (type !== 'OTP') return answerUnkept(shared, message, errorBody(schemeError('2002', `no ${type} is read here`)));
  shared.versions.asked('authorizations', source, version);
  await shared.handler().onCodeAsked({ requestId, dfspId: source, triesLeft: Number(retriesLeft), amount });
}

/** What was typed for a request that came from there. */
export async function takeCodeAnswer(shared: Shared, { target, source, body }: Inbound): Promise<void> {
  const requestId = uuidOf(target.id);
  const asker = await shared.store.findAsker('transactionRequests', requestId);
  if (asker === undefined) {
    shared.log.warn({ requestId, source }, 'an answer with a code that nobody asked for');
    return;
  }
  mustSpeak(shared, source, asker);
  await shared.handler().onCodeAnswer({ requestId, dfspId: asker, result: resultOf(body) });
}

function resultOf(body: JsonObject): CodeAnswer['result'] {
  const error = readError(body, 'no');
  if (error) return error;
  const { responseType, authenticationInfo } = body as unknown as WireAnswer;
  if (responseType !== 'ENTERED') return { response: responseType === 'RESEND' ? 'resend' : 'rejected' };
  if (!authenticationInfo) throw new Refusal(400, '3102', 'authenticationInfo');
  const { authentication, authenticationValue: code } = authenticationInfo;
  if (authentication !== 'OTP') throw new Refusal(400, '3101', 'authenticationInfo.authentication');
  return { response: 'entered', code };
}

export function createCodeCommands(shared: Shared): Pick<SwitchAdapter, 'askForCode' | 'answerCode'> {
  const resource = 'authorizations';
  return {
    askForCode: async ({ requestId, dfspId, triesLeft, amount: money }, context) => {
      const { amount, currency } = writeMoney(money);
      const query = new URLSearchParams({
        ...{ authenticationType: 'OTP', retriesLeft: triesLeft.toString(), amount, currency },
      });
      const path = `/${resource}/${await spelledBy(shared, dfspId, requestId)}?${query.toString()}`;
      const version = shared.versions.preferred(resource, dfspId);
      return accepted(await shared.send({ method: 'GET', path, resource, version, destination: dfspId }, context));
    },
    answerCode: async ({ requestId, dfspId, result }, context) => {
      const body = bodyOf(result);
      const version = shared.versions.lastAsked(resource, dfspId);
      const path = callbackPath(resource, requestId, body);
      const callback = { method: 'PUT', path, resource, version, destination: dfspId, body } as const;
      return accepted(await sendInTurn(shared, callback, context));
    },
  };
}

function bodyOf(result: CodeAnswer['result']): JsonObject {
  if (isSchemeError(result)) return errorBody(result);
  const responseType = responses[result.response];
  if (result.response !== 'entered') return { responseType };
  return { authenticationInfo: { authentication: 'OTP', authenticationValue: result.code }, responseType };
}
