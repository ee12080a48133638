import type agentDesk from '../../locales/en/agent-desk.json';
import type agentFloat from '../../locales/en/agent-float.json';
import type accounts from '../../locales/en/accounts.json';
import type apply from '../../locales/en/apply.json';
import type balance from '../../locales/en/balance.json';
import type cashIn from '../../locales/en/cash-in.json';
import type cashOut from '../../locales/en/cash-out.json';
import type commands from '../../locales/en/commands.json';
import type cashOutCode from '../../locales/en/cash-out-code.json';
import type counter from '../../locales/en/counter.json';
import type holders from '../../locales/en/holders.json';
import type cases from '../../locales/en/cases.json';
import type claim from '../../locales/en/claim.json';
import type closeProfile from '../../locales/en/close-profile.json';
import type kit from '../../locales/en/kit.json';
import type main from '../../locales/en/main.json';
import type moveMoney from '../../locales/en/move-money.json';
import type invoices from '../../locales/en/invoices.json';
import type pay from '../../locales/en/pay.json';
import type pending from '../../locales/en/pending.json';
import type newPin from '../../locales/en/new-pin.json';
import type phones from '../../locales/en/phones.json';
import type pinReset from '../../locales/en/pin-reset.json';
import type resume from '../../locales/en/resume.json';
import type sellGoods from '../../locales/en/sell-goods.json';
import type sendMoney from '../../locales/en/send-money.json';
import type settings from '../../locales/en/settings.json';
import type sms from '../../locales/en/sms.json';
import type signup from '../../locales/en/signup.json';
import type statement from '../../locales/en/statement.json';
import type withdraw from '../../locales/en/withdraw.json';
import type till from '../../locales/en/till.json';
import type wrongSend from '../../locales/en/wrong-send.json';

/** The words of the screens: one namespace a menu. English is the source of the keys; a missing one does not compile. */
interface Texts {
  'agent-desk': typeof agentDesk;
  'agent-float': typeof agentFloat;
  accounts: typeof accounts;
  apply: typeof apply;
  balance: typeof balance;
  'cash-in': typeof cashIn;
  'cash-out': typeof cashOut;
  /** What people text to us: words of which each is understood. */
  commands: typeof commands;
  'cash-out-code': typeof cashOutCode;
  counter: typeof counter;
  holders: typeof holders;
  cases: typeof cases;
  claim: typeof claim;
  'close-profile': typeof closeProfile;
  kit: typeof kit;
  main: typeof main;
  'move-money': typeof moveMoney;
  invoices: typeof invoices;
  pay: typeof pay;
  pending: typeof pending;
  'new-pin': typeof newPin;
  /** One of several trees: my phones, sharing this one, asking for one, and answering. */
  phones: typeof phones;
  'pin-reset': typeof pinReset;
  resume: typeof resume;
  'sell-goods': typeof sellGoods;
  'send-money': typeof sendMoney;
  settings: typeof settings;
  signup: typeof signup;
  statement: typeof statement;
  withdraw: typeof withdraw;
  till: typeof till;
  'wrong-send': typeof wrongSend;
}

type Singular<K> = K extends `${infer Base}_one` | `${infer Base}_other` ? Base : K;
type KeyOf<N extends keyof Texts> = `${N}.${Singular<string & keyof Texts[N]>}`;

/** `<menu>.<key>`, e.g. `send-money.amount`. */
export type TextKey = { [N in keyof Texts]: KeyOf<N> }[keyof Texts];

/** A key of `sms.json`: what a notification says. */
export type SmsKey = `sms.${keyof typeof sms}`;

export const languages = ['en', 'sw', 'fr', 'am'] as const;
export type Language = (typeof languages)[number];

export function isLanguage(code: string): code is Language {
  return languages.some((language) => language === code);
}

/**
 * A value for a text: as it is, a number, a name (shortened or romanised where room is short), another text, or something
 * that can be said shorter. Amounts as `formatMoney` writes them need nothing: the renderer shortens them itself.
 */
export type Value =
  | string
  | number
  | { readonly name: string }
  | { readonly text: TextKey }
  | { readonly long: string; readonly short: string };
export type Values = Readonly<Record<string, Value>>;
