import http from 'node:http';
import https from 'node:https';
import { watchedFile } from './watched-file';

/** What an HTTP request came to. `left`: whether it can have reached the other side. */
export type Exchange =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | { readonly kind: 'unanswered'; readonly left: boolean; readonly why: string };

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
}

export interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface HttpClient {
  exchange(request: HttpRequest): Promise<Exchange>;
  /** Of connections to a URL, a socket's too, for those who make them by themselves. Rejects on certificates that can't be read. */
  agentFor(url: string): Promise<http.Agent>;
  close(): void;
}

const answerLengthMax = 65_536;

/**
 * Requests over kept connections, with a certificate of ours where the scheme asks for one. Files are read again when they
 * change; connections under the old ones end with what is under way on them. Redirects are not followed (3.2.4).
 */
export function createHttpClient(tls: TlsFiles): HttpClient {
  const plain = new http.Agent({ keepAlive: true });
  const read = (file: string | undefined) => (file === undefined ? undefined : watchedFile(file, (content) => content));
  const [ca, cert, key] = [read(tls.caFile), read(tls.certFile), read(tls.keyFile)];
  let secure: { readonly files: readonly (string | undefined)[]; readonly agent: https.Agent } | undefined;

  const secureAgent = async (): Promise<https.Agent> => {
    const files = await Promise.all([ca?.(), cert?.(), key?.()]);
    if (secure === undefined || secure.files.some((content, index) => content !== files[index])) {
      const [caPem, certPem, keyPem] = files;
      const agent = new https.Agent({ keepAlive: true, ca: caPem, cert: certPem, key: keyPem, minVersion: 'TLSv1.2' });
      // Idle connections go at once; those in use when they are done, since nobody asks this agent again.
      for (const idle of Object.values(secure?.agent.freeSockets ?? {}).flat()) idle?.destroy();
      secure = { files, agent };
    }
    return secure.agent;
  };

  const agentFor = (url: string) => (/^(https|wss):/.test(url) ? secureAgent() : Promise.resolve(plain));

  return {
    agentFor,
    exchange: async (request) => {
      let agent: http.Agent;
      try {
        agent = await agentFor(request.url);
      } catch (error) {
        return { kind: 'unanswered', left: false, why: `certificates: ${reasonOf(error)}` };
      }
      const first = await once(request, agent);
      return first === 'stale' ? again(request, agent) : first;
    },
    close: () => {
      plain.destroy();
      secure?.agent.destroy();
    },
  };
}

/**
 * After a connection that was stale: what was sent over it may have arrived, so only that it is taken now is an answer. Each
 * stale one takes a kept connection away, and a new one never is.
 */
async function again(request: HttpRequest, agent: http.Agent): Promise<Exchange> {
  for (;;) {
    const exchange = await once(request, agent);
    if (exchange === 'stale') continue;
    const isTaken = exchange.kind === 'answered' && exchange.status < 300;
    return isTaken
      ? exchange
      : { kind: 'unanswered', left: true, why: 'a connection broke, and nothing was taken after' };
  }
}

/**
 * `stale`: a kept connection that the other side was closing just then. Every message may be sent again: its id makes it the
 * same one.
 */
function once({ method, url, headers, body, timeoutMs }: HttpRequest, agent: http.Agent): Promise<Exchange | 'stale'> {
  return new Promise((resolve) => {
    const requestOf = url.startsWith('https:') ? https.request : http.request;
    // Nothing is written before a connection stands, and over TLS not before it is known who is there.
    let connected = false;
    let isLate = false;
    const failed = (error: unknown): void => {
      clearTimeout(timer);
      if (!isLate && request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(codeOf(error))) {
        resolve('stale');
        return;
      }
      const why = isLate ? 'no answer in time' : reasonOf(error);
      resolve({ kind: 'unanswered', left: connected, why });
    };
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = requestOf(url, { method, headers: { ...headers, ...length }, agent }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= answerLengthMax) chunks.push(chunk);
        else response.destroy(new Error('an answer too long'));
      });
      response.on('error', failed);
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ kind: 'answered', status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    const timer = setTimeout(() => {
      isLate = true;
      request.destroy(new Error('no answer in time'));
    }, timeoutMs);
    request.on('socket', (socket) => {
      const ready = 'authorized' in socket ? 'secureConnect' : 'connect';
      if (request.reusedSocket) connected = true;
      else socket.once(ready, () => (connected = true));
    });
    request.on('error', failed);
    request.end(body);
  });
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** A code or a name: messages may hold addresses and what was sent. */
function reasonOf(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.name : 'unknown');
}
