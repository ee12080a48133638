import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { close, listen, urlOf } from '../support/listen';

/** An aggregator that takes SMS for every phone and is never killed: what people were told stays told. */
export interface Phones {
  /** As a provider is told of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every SMS to a phone, as often as it came. */
  readonly textsTo: (msisdn: string) => readonly string[];
  readonly close: () => Promise<void>;
}

export async function openPhones(): Promise<Phones> {
  const inboxes = new Map<string, string[]>();
  const server = await listen(
    createServer((req, res) => {
      void take(req, inboxes).then((answer) =>
        res.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
      );
    }),
  );
  return {
    environment: { AFRICASTALKING_BASE_URL: urlOf(server) },
    textsTo: (msisdn) => inboxes.get(msisdn) ?? [],
    close: () => close(server),
  };
}

let taken = 0;

/** `POST /version1/messaging`, as Africa's Talking answers it. */
async function take(req: IncomingMessage, inboxes: Map<string, string[]>): Promise<object> {
  const form = new URLSearchParams(await text(req));
  const number = form.get('to') ?? '';
  inboxes.set(number, [...(inboxes.get(number) ?? []), form.get('message') ?? '']);
  const recipient = { statusCode: 101, number, status: 'Success', cost: '0', messageId: `sms-${(taken += 1)}` };
  return { SMSMessageData: { Message: 'Sent to 1/1 Total Cost: 0', Recipients: [recipient] } };
}
