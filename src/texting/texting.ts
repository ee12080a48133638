import type { Accounts } from '../accounts';
import type { Customer, Identity } from '../identity';
import type { Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import type { Payment, Payments } from '../payments';
import {
  plusMs,
  type Clock,
  type CodeDigests,
  type Db,
  type Ids,
  type Market,
  type Msisdn,
  type Tx,
} from '../platform';
import { countInboundSince, insertInbound } from '../sms';
import type { Renderer, SmsKey, Values } from '../ussd';
import { codeTtlMs, findCode, issueCode, redeemCode, type Asked } from './codes';
import { lastSaid } from './last';
import { createCommandReader, type Command } from './words';
import { told } from './told';
import { deleteCodesBefore } from './store';

export interface TextingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly codes: CodeDigests;
  readonly market: Market;
  readonly renderer: Renderer;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly payments: Pick<Payments, 'statementOf' | 'findByReference' | 'lastPayment'>;
  readonly notifications: Notifications;
  /** `STOP <reference>`: money was sent by mistake. The same `key` again must do nothing more and say the same. */
  readonly onStop: (request: StopRequest) => Promise<SmsReply>;
}

interface StopRequest {
  /** Who paid, and uses the phone that the message came from. */
  readonly customer: Customer;
  readonly payment: Payment;
  readonly key: string;
}
export interface SmsReply {
  readonly text: SmsKey;
  readonly values?: Values;
}

export interface InboundSms {
  readonly provider: string;
  readonly messageId: string;
  readonly from: Msisdn;
  readonly text: string;
}

export interface Texting {
  /** Answers a message once, however often it is delivered. Its words are not kept. */
  receive(sms: InboundSms): Promise<void>;
  /** Removes codes that are long over. Returns how many. */
  forgetOldCodes(): Promise<number>;
}

/** What one number is answered in an hour, by what it asked for (B10): beyond that, silence. */
const answersPerHourMax: Readonly<Record<Command['kind'], number>> = {
  help: 3,
  other: 1,
  pin: 1,
  balance: 6,
  mini: 6,
  code: 12,
  last: 10,
  stop: 10,
};
const hourMs = 3_600_000;
const codesKeptMs = 24 * hourMs;

export function createTexting(deps: TextingDeps): Texting {
  const { db, clock } = deps;
  const read = createCommandReader(deps.renderer);
  return {
    receive: async (sms) => {
      const command = read(sms.text);
      const everybody = await deps.identity.peopleOf(sms.from);
      const people = everybody.filter(({ status }) => status === 'active');
      const isHeard = async (sql: Parameters<typeof countInboundSince>[0]): Promise<boolean> => {
        const since = plusMs(clock.now(), -hourMs);
        return (
          (await countInboundSince(sql, { from: sms.from, kind: command.kind, since })) <
          answersPerHourMax[command.kind]
        );
      };
      // What is read is read before the transaction: none waits for a second connection.
      const [first] = people;
      const answer = first && (await isHeard(db)) ? await answerTo(deps, { sms, command, people, first }) : undefined;
      await db.tx(async (tx) => {
        const heard = await isHeard(tx);
        const { provider, messageId, from } = sms;
        const isNew = await insertInbound(tx, { provider, messageId, from, kind: command.kind, now: clock.now() });
        if (isNew && heard) await answer?.(tx);
      });
    },
    forgetOldCodes: () => deleteCodesBefore(db, plusMs(clock.now(), -codesKeptMs)),
  };
}

/** What is done in the transaction that notes the message as answered. */
type Answer = (tx: Tx) => Promise<void>;

interface Asking {
  readonly sms: InboundSms;
  readonly command: Command;
  /** Everybody who uses the phone, its default person first. */
  readonly people: readonly Customer[];
  readonly first: Customer;
}

async function answerTo(deps: TextingDeps, asking: Asking): Promise<Answer> {
  const { command, people, first } = asking;
  const { serviceCode } = deps.market;
  switch (command.kind) {
    case 'help':
    case 'other':
      return reply(deps, asking, first, { text: 'sms.help', values: { serviceCode } });
    case 'pin':
      return reply(deps, asking, first, { text: 'sms.pinSent', values: { serviceCode } });
    case 'balance':
    case 'mini':
      return askedForMoney(deps, asking, command);
    case 'code':
      return codeCame(deps, asking, command.code);
    case 'last':
      return reply(deps, asking, first, await lastAsked(deps, people, command));
    case 'stop':
      return reply(deps, asking, first, await stopAsked(deps, asking, command.reference));
  }
}

async function lastAsked(
  deps: TextingDeps,
  people: readonly Customer[],
  { userNumber, reference }: { userNumber: string | undefined; reference: string | undefined },
): Promise<SmsReply> {
  const person = personOf(people, userNumber);
  if (reference === undefined && !person) return { text: 'sms.addUserNumber' };
  return lastSaid(deps, people, { person, reference });
}

/** Only who paid may ask for a payment back. */
async function stopAsked(
  { payments, onStop }: TextingDeps,
  { sms, people }: Asking,
  reference: string | undefined,
): Promise<SmsReply> {
  if (reference === undefined) return { text: 'sms.stopHelp' };
  const payment = await payments.findByReference(reference);
  const customer = people.find(({ customerId }) => customerId === payment?.payerId);
  if (!payment || !customer) return { text: 'sms.lastNone' };
  return onStop({ customer, payment, key: `${sms.provider}:${sms.messageId}` });
}

/** Says something that is no secret to the phone that asked, in a language of its people. */
function reply({ notifications }: TextingDeps, { sms }: Asking, person: Customer, said: SmsReply): Answer {
  return (tx) => notifications.tell(tx, { ...person, msisdn: sms.from }, said.text, said.values);
}

/** On a phone that several people use, the user number says who asks. */
function personOf(people: readonly Customer[], userNumber: string | undefined): Customer | undefined {
  if (userNumber !== undefined) return people.find((person) => person.userNumber === userNumber);
  return people.length === 1 ? people[0] : undefined;
}

/** A code proves who has the phone and nothing else: what it opens is told to a phone that its owner has alone. */
async function isAlone({ identity }: TextingDeps, { msisdn, customerId }: Customer): Promise<boolean> {
  const people = msisdn === undefined ? [] : await identity.peopleOf(msisdn);
  return people.length === 1 && people[0]?.customerId === customerId;
}

/**
 * A phone that several people use never shows money: it is told so, and to dial. Whoever has a phone of their own as well
 * gets the code there, when they text their user number here.
 */
async function askedForMoney(
  deps: TextingDeps,
  asking: Asking,
  { kind, userNumber }: { kind: Asked; userNumber: string | undefined },
): Promise<Answer> {
  const { sms, people, first } = asking;
  const shared: SmsReply = { text: 'sms.phoneShared', values: { serviceCode: deps.market.serviceCode } };
  const person = personOf(people, userNumber);
  if (!person) {
    const alone = await Promise.all(people.map((one) => isAlone(deps, one)));
    return reply(deps, asking, first, alone.includes(true) ? { text: 'sms.addUserNumber' } : shared);
  }
  if (!(await isAlone(deps, person))) return reply(deps, asking, person, shared);
  return async (tx) => {
    if (person.msisdn !== sms.from) await reply(deps, asking, first, shared)(tx);
    const code = await issueCode(deps, tx, { customerId: person.customerId, asked: kind });
    const minutes = String(codeTtlMs / 60_000);
    if (code !== undefined) await deps.notifications.tell(tx, person, 'sms.code', { code, minutes });
  };
}

async function codeCame(deps: TextingDeps, asking: Asking, code: string): Promise<Answer> {
  const { people, first } = asking;
  const customerIds = people.map(({ customerId }) => customerId);
  const likely = await findCode(deps, { customerIds, code });
  const owner = people.find(({ customerId }) => customerId === likely?.customerId);
  const list = owner && likely && (await isAlone(deps, owner)) ? await told(deps, owner, likely.asked) : undefined;
  return async (tx) => {
    const redeemed = await redeemCode(deps, tx, { customerIds, code });
    const say = (said: SmsReply) => reply(deps, asking, first, said)(tx);
    if (redeemed.outcome === 'right' && owner && list && redeemed.codeId === likely?.codeId) {
      await deps.notifications.tellList(tx, owner, list.title, list.lines);
    } else if (redeemed.outcome === 'wrong' && redeemed.triesLeft > 0) {
      await say({ text: 'sms.codeWrong', values: { tries: String(redeemed.triesLeft) } });
    } else if (redeemed.outcome === 'unasked') {
      await say({ text: 'sms.pinSent', values: { serviceCode: deps.market.serviceCode } });
    } else {
      await say({ text: 'sms.codeOver' });
    }
  };
}
