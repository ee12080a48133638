import { randomBytes } from 'node:crypto';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What came back over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a hop was answered. `kind` is undefined where the body is neither CON nor END. */
export interface Screen {
  readonly kind: 'CON' | 'END' | undefined;
  readonly text: string;
  readonly status: number;
  /** The tree and state that the gateway names, e.g. `send-money.amount`. */
  readonly state: string | undefined;
}

/** An SMS in the simulator's inbox. */
export interface Sms {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}

/** One USSD session as Africa's Talking keeps it: all inputs so far go with every hop, joined by `*`. */
export interface Call {
  readonly sessionId: string;
  readonly msisdn: string;
  /** The last screen that arrived. */
  readonly screen: () => Screen;
  /** The text of the last hop that was sent, whether it was answered or not. */
  readonly text: () => string;
  /** Types one more answer. Throws when the gateway can't be reached; the hop is then in doubt. */
  readonly answer: (input: string) => Promise<Screen>;
  readonly answerAll: (...inputs: string[]) => Promise<Screen>;
  /** The provider delivers the last hop once more. */
  readonly repeat: () => Promise<Screen>;
  /** Any text at all, as a hop of this session; the session's own text stays what it is. */
  readonly hop: (text: string) => Promise<Screen>;
  /** The provider's end-of-session event, which repeats everything that was typed. */
  readonly end: (status: 'Success' | 'Incomplete' | 'Failed') => Promise<Answer>;
}

export interface PhoneOptions {
  /** Of the gateway; asked at every request, because a system that was started again may be elsewhere. */
  readonly gatewayUrl: () => string;
  readonly serviceCode?: string;
  /** The secret last segment of every callback. */
  readonly token?: string;
  /** Keeps connections open between hops. */
  readonly keepAlive?: boolean;
}

export interface Phone {
  /** Opens a session; `deep` are inputs typed into the dial string itself. */
  readonly dial: (msisdn: string, deep?: string) => Promise<Call>;
  /** A form to any path of the gateway. */
  readonly post: (path: string, form: Record<string, string>, headers?: Record<string, string>) => Promise<Answer>;
  /** A body as it is. */
  readonly postRaw: (path: string, body: string, headers: Record<string, string>) => Promise<Answer>;
}

const metadataHeader = 'at-ussd-hop-metadata';
const timeoutMs = 15_000;
const inboxTimeoutMs = 10_000;

/** A phone behind Africa's Talking, without the simulator in between. */
export function createPhone(options: PhoneOptions): Phone {
  const { serviceCode = '*384*123#', token } = options;
  const agent = options.keepAlive ? new Agent({ keepAlive: true, maxSockets: 200 }) : undefined;
  const suffix = token === undefined ? '' : `/${token}`;
  const postRaw: Phone['postRaw'] = (path, body, headers) =>
    send(new URL(`${options.gatewayUrl()}${path}${suffix}`), body, headers, agent);
  const post: Phone['post'] = (path, form, headers = {}) =>
    postRaw(path, new URLSearchParams(form).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    });

  const dial = async (msisdn: string, deep = ''): Promise<Call> => {
    const sessionId = `ATUid_${randomBytes(16).toString('hex')}`;
    const session = { sessionId, serviceCode, phoneNumber: msisdn, networkCode: '63902' };
    const screens: string[] = [];
    let sent = deep;
    let sentWith: string | undefined;
    let last: Screen = { kind: undefined, text: '', status: 0, state: undefined };

    const deliver = async (text: string, metadata: string | undefined): Promise<Screen> => {
      const headers: Record<string, string> = metadata === undefined ? {} : { [metadataHeader]: metadata };
      const answer = await post('/ussd/africastalking', { ...session, text }, headers);
      const state = answer.headers[metadataHeader];
      if (typeof state === 'string') screens.push(state);
      return readScreen(answer);
    };
    const call: Call = {
      sessionId,
      msisdn,
      screen: () => last,
      text: () => sent,
      answer: async (input) => {
        sent = sent === '' ? input : `${sent}*${input}`;
        sentWith = screens.at(-1);
        last = await deliver(sent, sentWith);
        return last;
      },
      answerAll: async (...inputs) => {
        for (const input of inputs) await call.answer(input);
        return last;
      },
      repeat: () => deliver(sent, sentWith),
      hop: (text) => deliver(text, screens.at(-1)),
      end: (status) =>
        post('/ussd/africastalking/events', {
          date: new Date().toISOString().slice(0, 19).replace('T', ' '),
          ...session,
          status,
          cost: '0.00',
          durationInMillis: '1000',
          hopsCount: String(screens.length),
          hopsMetadata: screens.join('|').slice(0, 3_000),
          input: sent,
          lastAppResponse: `${last.kind ?? ''} ${last.text}`,
          errorMessage: '',
        }),
    };
    last = await deliver(deep, undefined);
    return call;
  };
  return { dial, post, postRaw };
}

/** The SMS that reached a phone, the oldest first; waits until there are `atLeast`, at most ten seconds. */
export async function messages(simUrl: string, msisdn: string, atLeast = 0): Promise<Sms[]> {
  const deadline = performance.now() + inboxTimeoutMs;
  for (;;) {
    const response = await fetch(`${simUrl}/messages?to=${encodeURIComponent(msisdn)}`);
    const { messages: inbox } = (await response.json()) as { messages: Sms[] };
    if (inbox.length >= atLeast || performance.now() > deadline) return inbox;
    await sleep(100);
  }
}

function readScreen({ status, headers, body }: Answer): Screen {
  const match = /^(CON|END) ([\s\S]*)$/.exec(body);
  const named = headers[metadataHeader];
  const state = typeof named === 'string' ? named : undefined;
  if (!match) return { kind: undefined, text: body, status, state };
  return { kind: match[1] as 'CON' | 'END', text: match[2] ?? '', status, state };
}

/** Rejects when no whole answer came. Without an agent every request has a connection of its own. */
function send(url: URL, body: string, headers: Record<string, string>, agent: Agent | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(url, {
      method: 'POST',
      agent: agent ?? false,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      timeout: timeoutMs,
    });
    req.on('timeout', () => req.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    req.on('error', reject);
    req.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        else reject(new Error('the answer was cut short'));
      });
    });
    req.end(body);
  });
}
