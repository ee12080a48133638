import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { z } from 'zod';
import { msisdnSchema } from '../people';
import { frame } from './frame';
import type { SessionView } from './routes';

const POLL_MS = 1_000;
const HELP = `Type an answer and press Enter. Also:
  /drop [answer]  the call breaks off; the answer arrives, the reply to it does not
  /repeat         the last answer is delivered to the service once more
  /reorder        an older answer arrives once more, late
  /delay 3        the next reply comes 3 s late
  /sms            the messages on this phone
  /quit           hang up and leave`;

const replySchema = z.looseObject({ error: z.string().optional() });

interface Sms {
  from: string;
  text: string;
}

/** A phone in the terminal: everything it does goes through the simulator's HTTP API. */
class Terminal {
  private session: SessionView | undefined;
  private delayMs = 0;
  private seen = 0;
  /** The terminal does not echo while this is set: a PIN is being typed. */
  hidden = false;

  constructor(
    private readonly baseUrl: string,
    private readonly msisdn: string,
    private readonly prompt: (text: string) => void,
  ) {}

  /** Dials the service, and shows its first screen. */
  async start(): Promise<void> {
    this.seen = (await this.messages()).length;
    console.log(`${this.msisdn} — /help says what this phone can do\n`);
    await this.dial();
  }

  /** Takes one line that was typed. Resolves to false when the person is done. */
  async take(line: string): Promise<boolean> {
    const [command = '', ...rest] = line.trim().split(/\s+/);
    if (command === '/quit') {
      if (this.session?.open) await this.act('cancel', {});
      return false;
    }
    if (command.startsWith('/')) await this.command(command, rest.join(' '));
    else if (this.session?.open) await this.show(this.act('input', { input: line.trim(), delayMs: this.takeDelay() }));
    else await this.dial(line.trim());
    return true;
  }

  /** Prints what arrived since the last time. */
  async printNewSms(): Promise<void> {
    const messages = await this.messages();
    const fresh = messages.slice(this.seen);
    this.seen = messages.length;
    for (const sms of fresh) console.log(`\n✉ ${sms.from}: ${sms.text}`);
    if (fresh.length > 0) this.ask();
  }

  /** Says what is expected next. */
  ask(): void {
    this.hidden = false;
    this.prompt(this.session?.open ? '> ' : 'dial (Enter for the service)> ');
    this.hidden = this.session?.open === true && /\bPIN\b/i.test(this.session.screen);
  }

  private async command(command: string, argument: string): Promise<void> {
    if (command === '/sms') {
      const messages = await this.messages();
      console.log(
        messages.length === 0 ? 'No messages.' : messages.map((sms) => `✉ ${sms.from}: ${sms.text}`).join('\n'),
      );
    } else if (command === '/delay' && /^\d{1,3}$/.test(argument)) {
      this.delayMs = Number(argument) * 1_000;
      console.log(`The next reply comes ${argument} s late.`);
    } else if (command === '/drop') {
      await this.show(this.act('drop', argument === '' ? {} : { input: argument }));
    } else if (command === '/repeat' || command === '/reorder') {
      const again = (await this.act(command.slice(1), {})) as { same: boolean; answer: string };
      console.log(`${again.same ? 'Same answer' : 'DIFFERENT ANSWER'}:\n${again.answer}`);
    } else {
      console.log(HELP);
    }
  }

  private async dial(typed = ''): Promise<void> {
    const { serviceCode } = (await this.call('GET', '/api/network')) as { serviceCode: string };
    const dial = typed === '' ? serviceCode : typed;
    console.log(`Calling ${dial}`);
    await this.show(this.call('POST', '/api/sessions', { msisdn: this.msisdn, dial, delayMs: this.takeDelay() }));
  }

  private async show(asked: Promise<unknown>): Promise<void> {
    this.session = (await asked) as SessionView;
    console.log(frame(this.session));
    if (this.session.errorMessage !== '') console.log(`${this.session.errorMessage}.`);
  }

  private act(verb: string, body: object): Promise<unknown> {
    if (this.session === undefined) throw new Error('there is no call');
    return this.call('POST', `/api/sessions/${this.session.sessionId}/${verb}`, body);
  }

  private takeDelay(): number {
    const { delayMs } = this;
    this.delayMs = 0;
    return delayMs;
  }

  private async messages(): Promise<Sms[]> {
    const answer = await this.call('GET', `/messages?to=${encodeURIComponent(this.msisdn)}`);
    return (answer as { messages: Sms[] }).messages;
  }

  private async call(method: string, path: string, body?: object): Promise<unknown> {
    const init =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(this.baseUrl + path, { method, ...init }).catch(() => {
      throw new NotRunning(`no simulator answers at ${this.baseUrl}; start one with "npm start" (SIM_PORT says where)`);
    });
    const answer = replySchema.parse(await response.json());
    if (!response.ok) throw new Error(answer.error ?? `the simulator answered ${response.status}`);
    return answer;
  }
}

class NotRunning extends Error {}

/** Reads lines without echoing them while the phone says so. */
function createReader(isHidden: () => boolean): Interface {
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      // Enter must still be seen; what is typed before it must not.
      process.stdout.write(isHidden() ? chunk.toString().replace(/[^\r\n]/g, '') : chunk);
      done();
    },
  });
  return createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY });
}

async function main(argument: string | undefined): Promise<void> {
  const msisdn = msisdnSchema.safeParse(argument);
  if (!msisdn.success) throw new NotRunning('say whose phone it is, e.g. npm run phone -- +254700000001');
  const reader: Interface = createReader(() => phone.hidden);
  const phone = new Terminal(`http://127.0.0.1:${process.env['SIM_PORT'] ?? '8021'}`, msisdn.data, (text) => {
    reader.setPrompt(text);
    reader.prompt(true);
  });
  const lines = reader[Symbol.asyncIterator](); // from now on: what is typed, or piped in, before the first screen waits
  await phone.start();
  phone.ask();
  const timer = setInterval(() => void phone.printNewSms().catch(() => undefined), POLL_MS);
  for await (const line of lines) {
    phone.hidden = false;
    const goOn = await phone.take(line).catch((error: unknown) => {
      if (error instanceof NotRunning) throw error;
      console.log(error instanceof Error ? error.message : 'that did not work');
      return true;
    });
    if (!goOn) break;
    phone.ask();
  }
  clearInterval(timer);
  reader.close();
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(`phone: ${error instanceof Error ? error.message : 'that did not work'}`);
  process.exit(1);
});
