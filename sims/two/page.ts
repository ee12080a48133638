import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Provider, Settings } from './settings';

/** A page with a phone of each provider on it, side by side. Each phone is the page of that provider's own simulator. */
export async function servePage({ pagePort, providers }: Settings): Promise<{ port: number }> {
  const body = pageOf(providers);
  const frames = providers.map(({ simPort }) => `http://localhost:${simPort}`).join(' ');
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'unsafe-inline'; frame-src ${frames}`,
    });
    response.end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' ? new Error(`port ${pagePort} is taken; choose another with TWO_PAGE_PORT`) : error,
      ),
    );
    server.listen(pagePort, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port };
}

function pageOf(providers: readonly Provider[]): string {
  const phones = providers.map(
    ({ name, simPort, serviceCode }) =>
      `<section><h2>${name} <small>${serviceCode}</small></h2>` +
      `<iframe title="A phone at ${name}" name="${name}" src="http://localhost:${simPort}/"></iframe></section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Two providers on starhash</title>
<style>
  body { margin: 0; height: 100vh; display: grid; grid-template-columns: 1fr 1fr; gap: 1px; background: #8a8f98; font: 16px system-ui, sans-serif }
  section { display: grid; grid-template-rows: auto 1fr; background: #fff; min-width: 0 }
  h2 { margin: 0; padding: .5rem 1rem; font-size: 1rem }
  small { font-weight: normal; color: #555 }
  iframe { border: 0; width: 100%; height: 100% }
</style>
</head>
<body>
${phones.join('\n')}
</body>
</html>
`;
}
