import type { Settings } from '../settings';

/** What the gateway said to one hop. `raw` is the body as it came (cut), for the end-of-session event. */
export type HopAnswer =
  | { kind: 'continue' | 'end'; screen: string; metadata: string | undefined; raw: string }
  | { kind: 'failed'; reason: string; raw: string };

/** The gateway's callbacks, seen from the aggregator. */
export interface Gateway {
  /** Delivers one USSD hop. Never throws: whatever ends a session at Africa's Talking is `failed`. */
  hop(form: Record<string, string>, metadata: string | undefined): Promise<HopAnswer>;
  /** Posts an event, a delivery report or an inbound SMS. True when the gateway answered 200. Never throws. */
  post(path: string, form: Record<string, string>): Promise<boolean>;
}

const METADATA_HEADER = 'at-ussd-hop-metadata';
const METADATA_MAX = 99;
const REPLY_MAX = 2_000;

/**
 * The gateway as Africa's Talking meets it: form-urlencoded POSTs, an optional secret last path segment.
 * @param closing aborts whatever is under way when the simulator stops.
 */
export function createGateway(settings: Settings, closing: AbortSignal): Gateway {
  const request = (path: string, form: Record<string, string>, headers: Record<string, string>) =>
    within(settings.gatewayTimeoutMs, closing, async (signal) => {
      const response = await fetch(callbackUrl(settings, path), {
        method: 'POST',
        headers,
        body: new URLSearchParams(form),
        redirect: 'manual',
        signal,
      });
      return { response, bytes: await response.arrayBuffer() };
    });
  return {
    async hop(form, metadata) {
      try {
        const echo: Record<string, string> = metadata === undefined ? {} : { [METADATA_HEADER]: metadata };
        const { response, bytes } = await request('/ussd/africastalking', form, echo);
        return readAnswer(response, bytes);
      } catch (error) {
        return { kind: 'failed', reason: whyUnanswered(error, settings.gatewayTimeoutMs), raw: '' };
      }
    },
    async post(path, form) {
      try {
        return (await request(path, form, {})).response.status === 200;
      } catch {
        return false;
      }
    },
  };
}

/** Ends with a `TimeoutError` when time is up. By a timer: Node 20 may collect an AbortSignal.timeout that only AbortSignal.any knows. */
async function within<T>(
  timeoutMs: number,
  closing: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException('Time is up', 'TimeoutError')), timeoutMs);
  try {
    return await work(AbortSignal.any([closing, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function callbackUrl(settings: Settings, path: string): string {
  const token = settings.callbackToken === '' ? '' : `/${encodeURIComponent(settings.callbackToken)}`;
  return `${settings.gatewayUrl}${path}${token}`;
}

function readAnswer(response: Response, bytes: ArrayBuffer): HopAnswer {
  // A byte order mark must stay visible here: a phone network does not swallow it.
  const body = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const raw = body.slice(0, REPLY_MAX);
  const metadata = response.headers.get(METADATA_HEADER) ?? undefined;
  const reason = whatIsWrong(response, body, metadata);
  if (reason !== undefined) return { kind: 'failed', reason, raw };
  return { kind: body.startsWith('CON ') ? 'continue' : 'end', screen: body.slice(4), metadata, raw };
}

function whatIsWrong(response: Response, body: string, metadata: string | undefined): string | undefined {
  if (response.status !== 200) return `The application answered HTTP ${response.status}`;
  const contentType = response.headers.get('content-type') ?? 'no content type';
  if (!/^text\/plain\b/i.test(contentType)) return `The application answered ${contentType} instead of text/plain`;
  if (!/^(CON|END) /.test(body)) return 'The answer starts with neither CON nor END';
  if (body.slice(4).trim() === '') return 'The answer has no text';
  if (body.length > REPLY_MAX) return `The answer is longer than ${REPLY_MAX} characters`;
  if (metadata !== undefined && (metadata.length > METADATA_MAX || metadata.includes('|'))) {
    return `${METADATA_HEADER} is longer than ${METADATA_MAX} characters or has a | in it`;
  }
  return undefined;
}

function whyUnanswered(error: unknown, timeoutMs: number): string {
  // fetch rejects with the signal's own reason, a DOMException, which need not be an Error of this realm.
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined;
  return name === 'TimeoutError'
    ? `The application did not answer within ${timeoutMs / 1_000} s`
    : 'The application could not be reached';
}
