import { createRequire } from 'node:module';
import type { SendOutcome, SmsSender } from '../../sms';

export interface SmsOptions {
  readonly username: string;
  readonly apiKey: string;
  /** Where the API is, e.g. `https://api.africastalking.com`. */
  readonly baseUrl: string;
  /** The sender's name or short code; the provider's own where undefined. */
  readonly from: string | undefined;
  readonly timeoutMs: number;
}

/** What of the package we use. It has no types of its own. */
interface Client {
  readonly SMS: { send(message: { to: string[]; message: string; from?: string }): Promise<unknown> };
}

/** Per recipient, inside an answer of 201 (SMS sending, "statusCode"): 100 Processed, 101 Sent, 102 Queued. */
const takenCodes = new Set([100, 101, 102]);
/** Invalid number, unsupported number: trying again changes nothing. Whoever has opted out (406) may come back. */
const refusedCodes = new Set([403, 404]);

/**
 * Sends through the `africastalking` package, with what it lacks: another base URL, a time limit, and errors that hold no key.
 * It takes half a second to load, so the first message loads it, and not the start.
 */
export function createSmsSender(options: SmsOptions): SmsSender {
  const { from } = options;
  let loaded: Client | undefined;
  return {
    send: async ({ to, body }) => {
      try {
        const client = (loaded ??= loadClient(options));
        return readAnswer(await client.SMS.send({ to: [to], message: body, ...(from === undefined ? {} : { from }) }));
      } catch (error) {
        return readFailure(error);
      }
    },
  };
}

function loadClient({ username, apiKey, baseUrl, timeoutMs }: SmsOptions): Client {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed, not when this file is
  const createClient = require('africastalking') as (options: { username: string; apiKey: string }) => Client;
  const client = createClient({ username, apiKey });
  // The package has no option for either; both are read anew at each call, from the modules that it itself loads. A client of
  // the provider's sandbox sets its own URL when it is made.
  const requireAsPackage = createRequire(require.resolve('africastalking'));
  const urls = requireAsPackage('./lib/common') as { SMS_URL: string };
  urls.SMS_URL = `${baseUrl}/version1/messaging`;
  const http = requireAsPackage('axios') as { defaults: { timeout: number } };
  http.defaults.timeout = timeoutMs;
  return client;
}

interface Answer {
  readonly SMSMessageData?: {
    readonly Recipients?: readonly { readonly statusCode?: number; readonly messageId?: string }[];
  };
}

function readAnswer(answer: unknown): SendOutcome {
  const recipient = (answer as Answer).SMSMessageData?.Recipients?.[0];
  const code = recipient?.statusCode ?? 0;
  if (takenCodes.has(code) && recipient?.messageId !== undefined) {
    return { outcome: 'taken', providerMessageId: recipient.messageId };
  }
  return { outcome: refusedCodes.has(code) ? 'refused' : 'not_taken', reason: `recipient status ${code}` };
}

/** The error holds the whole request, API key included: a code and a status are all that leaves here. */
function readFailure(error: unknown): SendOutcome {
  const { code, response } = error as { code?: string; response?: { status?: number } };
  if (response?.status !== undefined) return { outcome: 'not_taken', reason: `HTTP ${response.status}` };
  const unanswered = code === 'ECONNABORTED' || code === 'ETIMEDOUT' || code === 'ECONNRESET';
  return { outcome: unanswered ? 'in_doubt' : 'not_taken', reason: code ?? 'no answer' };
}
