import { createHttpClient, type Exchange, type HttpClient } from '../../platform';
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

/** Per recipient, inside an answer of 201 (SMS sending, "statusCode"): 100 Processed, 101 Sent, 102 Queued. */
const takenCodes = new Set([100, 101, 102]);
/** Invalid number, unsupported number: trying again changes nothing. Whoever has opted out (406) may come back. */
const refusedCodes = new Set([403, 404]);

/**
 * SMS sending of Africa's Talking, one message a request, over kept connections; the same form as that of the provider's own
 * package, which would check each number and message anew, for longer than all the rest takes.
 */
export function createSmsSender(options: SmsOptions, http: HttpClient = createHttpClient({})): SmsSender {
  const { username, apiKey, baseUrl, from, timeoutMs } = options;
  const headers = {
    apikey: apiKey,
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded;charset=utf-8',
  };
  return {
    send: async ({ to, body: message }) => {
      const form = { username, to, message, ...(from !== undefined && { from }), bulkSMSMode: '1' };
      const body = new URLSearchParams(form).toString();
      return outcomeOf(
        await http.exchange({ method: 'POST', url: `${baseUrl}/version1/messaging`, headers, body, timeoutMs }),
      );
    },
  };
}

interface Answer {
  readonly SMSMessageData?: {
    readonly Recipients?: readonly { readonly statusCode?: number; readonly messageId?: string }[];
  };
}

function outcomeOf(exchange: Exchange): SendOutcome {
  if (exchange.kind === 'unanswered') {
    return { outcome: exchange.left ? 'in_doubt' : 'not_taken', reason: exchange.why };
  }
  if (exchange.status !== 201) return { outcome: 'not_taken', reason: `HTTP ${exchange.status}` };
  const { statusCode = 0, messageId } = parsed(exchange.text).SMSMessageData?.Recipients?.[0] ?? {};
  if (takenCodes.has(statusCode) && messageId !== undefined) {
    return { outcome: 'taken', providerMessageId: messageId };
  }
  return { outcome: refusedCodes.has(statusCode) ? 'refused' : 'not_taken', reason: `recipient status ${statusCode}` };
}

function parsed(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}
