import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { createLog, systemClock } from '../../../src/platform';
import { createSend, type Delivery } from '../../../src/switch/fspiop/client';
import { createHttpClient, type HttpClient, type TlsFiles } from '../../../src/switch/http';
import { createTokens } from '../../../src/switch/fspiop/oauth';
import { fileBelievedMs } from '../../../src/switch/watched-file';
import { issueCertificate } from '../../support/certificates';
import { close, listen, urlOf } from '../../support/listen';

const message = {
  method: 'POST',
  path: '/transfers',
  resource: 'transfers',
  version: { major: 1, minor: 1 },
  destination: 'payee',
  body: { b: 1, a: 'é' },
} as const;

const certificateOf = (socket: object) => (socket as Pick<TLSSocket, 'getPeerCertificate'>).getPeerCertificate();

describe('What is sent to the switch', () => {
  let folder: string;
  let http: HttpClient | undefined;
  let servers: Server[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'fspiop-'));
  });
  afterEach(async () => {
    http?.close();
    await Promise.all(servers.map(close));
    servers = [];
    await rm(folder, { recursive: true });
  });

  const serve = async (handler: RequestListener): Promise<string> => {
    const server = await listen(createServer(handler));
    servers.push(server);
    return urlOf(server);
  };
  const sender = (url: string, { tls = {}, tokenUrl }: { tls?: TlsFiles; tokenUrl?: string } = {}) => {
    http = createHttpClient(tls);
    const deps = { http, clock: systemClock, timeoutMs: 500 };
    const oauth = { clientId: 'us', clientSecretFile: path.join(folder, 'secret') };
    const tokens = tokenUrl === undefined ? undefined : createTokens({ tokenUrl, ...oauth }, deps);
    const options = { dfspId: 'payer', endpoint: () => url, timeoutMs: 500, signingKey: undefined };
    return createSend(options, { ...deps, tokens, log: createLog('silent') });
  };
  const kindAndCode = (delivery: Delivery) =>
    delivery.kind === 'taken' ? ['taken'] : [delivery.kind, delivery.error.code, delivery.error.moneyMoved];

  test('goes over a new connection where the kept one was just being closed by the other side', async () => {
    const requests = new Map<object, number>();
    const url = await serve((req, res) => {
      const count = (requests.get(req.socket) ?? 0) + 1;
      requests.set(req.socket, count);
      if (count > 1) req.socket.destroy();
      else res.writeHead(202).end();
    });
    const send = sender(url);
    expect(await send(message, {})).toEqual({ kind: 'taken' });
    expect(await send(message, {})).toEqual({ kind: 'taken' });
    expect(Array.from(requests.values())).toEqual([2, 1]);
  });

  test('R203: what broke off on a kept connection may have arrived, though the next one finds nobody or a no', async () => {
    for (const status of [undefined, 400]) {
      let count = 0;
      const url = await serve((req, res) => {
        count += 1;
        if (count === 1) res.writeHead(202).end();
        else if (count === 2 || status === undefined) req.socket.destroy();
        else res.writeHead(status).end();
      });
      const send = sender(url);
      expect(await send(message, {})).toEqual({ kind: 'taken' });
      expect(kindAndCode(await send(message, {}))).toEqual(['doubt', '1001', 'unknown']);
      expect(count).toBe(3);
    }
  });

  test('is what FSPIOP says: content types, date, source, canonical bytes; a trace goes on with a step of ours', async () => {
    const seen: { headers: Record<string, unknown>; body: string }[] = [];
    const url = await serve((req, res) => {
      let body = '';
      req.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      req.on('end', () => {
        seen.push({ headers: req.headers, body });
        res.writeHead(202).end();
      });
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(await sender(url)(message, { traceparent })).toEqual({ kind: 'taken' });
    const [request] = seen;
    expect(request?.body).toBe('{"a":"é","b":1}');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/vnd.interoperability.transfers+json;version=1.1',
      accept: 'application/vnd.interoperability.transfers+json;version=1',
      'fspiop-source': 'payer',
      'fspiop-destination': 'payee',
    });
    expect(request?.headers['traceparent']).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
    );
  });

  test.each([
    [400, '{"errorInformation":{"errorCode":"4001","errorDescription":"x"}}', ['refused', '4001', 'no']],
    [404, 'nothing here', ['refused', '1001', 'no']],
    [503, '{"errorInformation":{"errorCode":"2003","errorDescription":"x"}}', ['doubt', '2003', 'unknown']],
    [500, '', ['doubt', '1001', 'unknown']],
    [302, '', ['doubt', '1001', 'unknown']],
  ])('M33-M40: an answer of %d %s', async (status, text, expected) => {
    const url = await serve((_, res) => void res.writeHead(status, { location: '/elsewhere' }).end(text));
    expect(kindAndCode(await sender(url)(message, {}))).toEqual(expected);
  });

  test('M33: nobody there is nowhere; silence, a line that breaks and an answer without end are doubts', async () => {
    expect(kindAndCode(await sender('http://127.0.0.1:9')(message, {}))).toEqual(['nowhere', '1001', 'no']);
    const silent = await serve(() => undefined);
    expect(kindAndCode(await sender(silent)(message, {}))).toEqual(['doubt', '1001', 'unknown']);
    const broken = await serve((req) => req.socket.destroy());
    expect(kindAndCode(await sender(broken)(message, {}))).toEqual(['doubt', '1001', 'unknown']);
    const endless = await serve((_, res) => void res.writeHead(400).end('x'.repeat(1_000_000)));
    expect(kindAndCode(await sender(endless)(message, {}))).toEqual(['doubt', '1001', 'unknown']);
  });

  test('OAuth2: one token for many, another one when it is no longer taken, none without its secret', async () => {
    await writeFile(path.join(folder, 'secret'), 'first\n');
    let [issued, good] = [0, 'token1'];
    const tokenUrl = await serve((req, res) => {
      const credentials = Buffer.from(req.headers.authorization?.slice(6) ?? '', 'base64').toString();
      if (credentials !== 'us:first') return void res.writeHead(401).end();
      issued += 1;
      res.writeHead(200).end(JSON.stringify({ access_token: `token${issued}`, expires_in: 3_600 }));
    });
    const url = await serve(
      (req, res) => void res.writeHead(req.headers.authorization === `Bearer ${good}` ? 202 : 401).end(),
    );
    const send = sender(url, { tokenUrl });
    const many = await Promise.all([1, 2, 3].map(() => send(message, {})));
    expect([many.map(({ kind }) => kind), issued]).toEqual([['taken', 'taken', 'taken'], 1]);
    good = 'token2';
    expect([(await send(message, {})).kind, issued]).toEqual(['taken', 2]);
    good = 'none';
    expect([kindAndCode(await send(message, {})), issued]).toEqual([['refused', '1001', 'no'], 3]);
    await writeFile(path.join(folder, 'secret'), 'second one\n');
    await sleep(fileBelievedMs);
    expect(kindAndCode(await send(message, {}))).toEqual(['nowhere', '1000', 'no']);
    await rm(path.join(folder, 'secret'));
    await sleep(fileBelievedMs);
    expect(kindAndCode(await send(message, {}))).toEqual(['nowhere', '2001', 'no']);
  });

  test('M70: mutual TLS, with a certificate that is replaced while all runs', async () => {
    const file = (name: string) => path.join(folder, name);
    for (const name of ['switch', 'one', 'two']) await issueCertificate(folder, name);
    const read = (name: string) => readFile(file(name), 'utf8');
    const [key, cert, one, two] = await Promise.all(['switch.key', 'switch.pem', 'one.pem', 'two.pem'].map(read));
    const seen: string[] = [];
    const server = createTlsServer(
      { key, cert, ca: [one ?? '', two ?? ''], requestCert: true, rejectUnauthorized: true },
      (req, res) => {
        seen.push(String(certificateOf(req.socket).subject.CN));
        res.writeHead(202).end();
      },
    );
    servers.push(await listen(server));
    const ours = async (name: string) => {
      await writeFile(file('our.key'), await read(`${name}.key`));
      await writeFile(file('our.pem'), await read(`${name}.pem`));
    };
    await ours('one');
    const tls = { caFile: file('switch.pem'), certFile: file('our.pem'), keyFile: file('our.key') };
    const url = urlOf(server).replace('http:', 'https:');
    const send = sender(url, { tls });
    expect((await send(message, {})).kind).toBe('taken');
    await ours('two');
    await sleep(fileBelievedMs);
    expect((await send(message, {})).kind).toBe('taken');
    expect(seen).toEqual(['one', 'two']);
    // A switch that isn't the one we trust is told nothing.
    const stranger = sender(url, { tls: { ...tls, caFile: file('one.pem') } });
    expect(kindAndCode(await stranger(message, {}))).toEqual(['nowhere', '1001', 'no']);
    expect(seen).toHaveLength(2);
  });
});
