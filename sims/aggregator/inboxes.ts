/** An SMS in a phone. `receivedAt` is ISO 8601, UTC. */
export interface Message {
  id: string;
  to: string;
  from: string;
  text: string;
  receivedAt: string;
}

/** The SMS that arrived on each phone, in memory. */
export interface Inboxes {
  add(message: Message): void;
  /** Oldest first; at most the last 200. */
  list(msisdn: string): readonly Message[];
  /** How many ever arrived, also those no longer kept. */
  count(msisdn: string): number;
}

const MESSAGES_MAX = 200;
const PHONES_MAX = 1_000;

/** Keeps the last 200 SMS of each of the last 1,000 phones. */
export function createInboxes(): Inboxes {
  const phones = new Map<string, { received: number; messages: Message[] }>();
  return {
    add(message) {
      const phone = phones.get(message.to) ?? { received: 0, messages: [] };
      phone.received += 1;
      phone.messages = [...phone.messages, message].slice(-MESSAGES_MAX);
      // A Map keeps the order of insertion: moving the phone to the end leaves the quietest one first.
      phones.delete(message.to);
      phones.set(message.to, phone);
      const quietest = phones.keys().next().value;
      if (phones.size > PHONES_MAX && quietest !== undefined) phones.delete(quietest);
    },
    list: (msisdn) => phones.get(msisdn)?.messages ?? [],
    count: (msisdn) => phones.get(msisdn)?.received ?? 0,
  };
}
