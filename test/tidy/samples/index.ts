import { agentDesk } from './agent-desk';
import { agentFloat } from './agent-float';
import { apply } from './apply';
import { balance } from './balance';
import { cashIn } from './cash-in';
import { cashOut } from './cash-out';
import { cashOutCode } from './cash-out-code';
import { counter } from './counter';
import { accounts } from './accounts';
import { holders } from './holders';
import { invoices } from './invoices';
import { cases } from './cases';
import { claim } from './claim';
import { closeProfile } from './close-profile';
import { main } from './main';
import { moveMoney } from './move-money';
import { pay } from './pay';
import { newPin } from './new-pin';
import { pending } from './pending';
import { phones } from './phones';
import { sharePhone } from './share-phone';
import { joinPhone } from './join-phone';
import { phoneRequest } from './phone-request';
import { pinReset } from './pin-reset';
import { resume } from './resume';
import { sellGoods } from './sell-goods';
import { sendMoney } from './send-money';
import { settings } from './settings';
import { shopCode } from './shop-code';
import { signup } from './signup';
import { statement } from './statement';
import { withdraw } from './withdraw';
import { till } from './till';
import { wrongSend } from './wrong-send';
import { callerOf, type Samples } from './sample';
import type { Person } from '../longest';

/** A tree that asks a new service fails the tests until it has its file here. */
const samples: Readonly<Record<string, Samples>> = {
  'new-pin': newPin,
  'agent-desk': agentDesk,
  'agent-float': agentFloat,
  apply: apply,
  balance: balance,
  'cash-in': cashIn,
  'cash-out': cashOut,
  'cash-out-code': cashOutCode,
  counter: counter,
  accounts: accounts,
  holders: holders,
  invoices: invoices,
  cases: cases,
  claim: claim,
  'close-profile': closeProfile,
  main: main,
  'move-money': moveMoney,
  pay: pay,
  'shop-code': shopCode,
  pending: pending,
  phones: phones,
  'share-phone': sharePhone,
  'join-phone': joinPhone,
  'phone-request': phoneRequest,
  'pin-reset': pinReset,
  resume: resume,
  'sell-goods': sellGoods,
  'send-money': sendMoney,
  settings: settings,
  signup: signup,
  statement: statement,
  withdraw: withdraw,
  till: till,
  'wrong-send': wrongSend,
};

/** What each tree may be opened with. */
export function inputsOf(tree: string, person: Person): readonly object[] {
  const inputs = samples[tree]?.inputs ?? [callerOf(person)];
  return typeof inputs === 'function' ? inputs(person) : inputs;
}

/** What each service may answer each tree, the longest first. */
export function answersOf(tree: string, service: string, person: Person): readonly unknown[] | undefined {
  return samples[tree]?.answers(person)[service];
}
