import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../support/system';

/** Mojaloop's Testing Toolkit: a hub and a provider in one, that also plays collections of tests against whom it is told. */
export interface Toolkit {
  /** Where its side of FSPIOP is. */
  readonly url: string;
  /** Its own id in the scheme. */
  readonly dfspId: string;
  /** Changes its settings; the rest stay. */
  configure(settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** Plays a collection of its own, `p2p_happy_path`, with these inputs; one line an assertion. */
  play(collection: string, inputs: Readonly<Record<string, string>>): Promise<readonly Assertion[]>;
  stop(): Promise<void>;
}

export interface Assertion {
  /** `1.2.3`: test case, request, assertion, as the collection numbers them. */
  readonly id: string;
  readonly request: string;
  readonly description: string;
  readonly passed: boolean;
  /** Why it did not, as the toolkit says it, and what it was answered. */
  readonly why: string;
}

/** What came of a collection. */
interface Played {
  readonly test_cases: readonly {
    readonly id: number;
    readonly requests: readonly {
      readonly request: {
        readonly id: number;
        readonly description: string;
        readonly tests?: { readonly assertions: readonly PlayedAssertion[] };
      };
      readonly response?: { readonly status: number; readonly body: unknown };
      readonly callback?: { readonly body: unknown };
    }[];
  }[];
}

interface PlayedAssertion {
  readonly id: number;
  readonly description: string;
  readonly resultStatus?: { readonly status: string; readonly message?: string };
}

const installed = path.join(__dirname, 'node_modules', 'ml-testing-toolkit');
const startMaxMs = 60_000;

/** `keyFolder` holds the toolkit's private key and the public one of `peer`, whom it talks to. */
export async function startToolkit(options: { keyFolder: string; peer: string }): Promise<Toolkit> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ttk-'));
  for (const part of ['spec_files', 'examples', 'secrets']) {
    await cp(path.join(installed, part), path.join(folder, part), { recursive: true });
  }
  const { port: apiPort, simPort: controlPort } = await freePorts();
  const child = spawn(
    process.execPath,
    ['--import', path.join(__dirname, 'preload.mjs'), path.join(installed, 'src')],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        TTK_SYSTEM_CONFIG: JSON.stringify({ API_PORT: apiPort, SERVER_LOGS: { ENABLED: false } }),
        CONTROL_PORT: String(controlPort),
        KEY_FOLDER: options.keyFolder,
        PEER: options.peer,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'exit');
  const control = `http://127.0.0.1:${controlPort}/api`;
  const isUp = () =>
    fetch(`${control}/config/user`).then(
      (response) => response.ok,
      () => false,
    );
  const deadline = Date.now() + startMaxMs;
  while (!(await isUp())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill();
      throw new Error(`the toolkit does not start\n${said}`);
    }
    await sleep(200);
  }
  return {
    url: `http://127.0.0.1:${apiPort}`,
    dfspId: 'testingtoolkitdfsp',
    configure: async (settings) => {
      const { runtime } = (await (await fetch(`${control}/config/user`)).json()) as { runtime: object };
      await ask(`${control}/config/user`, 'PUT', { ...runtime, ...settings });
    },
    play: async (name, inputs) => {
      const file = path.join(installed, 'examples/collections/dfsp', `${name}.json`);
      const collection = JSON.parse(await readFile(file, 'utf8')) as { inputValues?: object };
      const inputValues = { ...collection.inputValues, ...inputs };
      const url = `${control}/outbound/template/${randomBytes(16).toString('hex')}?sync=true`;
      return assertionsOf((await ask(url, 'POST', { ...collection, inputValues })) as Played);
    },
    stop: async () => {
      child.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function ask(url: string, method: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

function assertionsOf(played: Played): readonly Assertion[] {
  return played.test_cases.flatMap((testCase) =>
    testCase.requests.flatMap(({ request, response, callback }) =>
      (request.tests?.assertions ?? []).map(({ id, description, resultStatus }) => ({
        id: `${testCase.id}.${request.id}.${id}`,
        request: request.description,
        description,
        passed: resultStatus?.status === 'SUCCESS',
        why: `${resultStatus?.message ?? 'was not reached'}; answered ${JSON.stringify({ response, callback })}`,
      })),
    ),
  );
}
