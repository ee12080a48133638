import http from 'node:http';

export interface Sending {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly timeoutMs: number;
}

/**
 * Sends these headers and no others: `fetch` would add an Accept, which a callback must not have (API Definition, section 3.2.1.1)
 * and Mojaloop's scheme adapter refuses. Rejects where no whole answer comes.
 */
export function send({ url, method, headers, body, timeoutMs }: Sending): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const length = body && { 'content-length': String(body.length) };
    const request = http.request(url, { method, headers: { ...headers, ...length }, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}
