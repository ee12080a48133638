import { agentDesk } from '../../menus/agent-desk';
import { agentFloat } from '../../menus/agent-float';
import { apply } from '../../menus/apply';
import { balance } from '../../menus/balance';
import { cashIn } from '../../menus/cash-in';
import { cashOut } from '../../menus/cash-out';
import { cashOutCode } from '../../menus/cash-out-code';
import { counter } from '../../menus/counter';
import { accounts } from '../../menus/accounts';
import { holders } from '../../menus/holders';
import { invoices } from '../../menus/invoices';
import { cases } from '../../menus/cases';
import { claim } from '../../menus/claim';
import { closeProfile } from '../../menus/close-profile';
import { main } from '../../menus/main';
import { moveMoney } from '../../menus/move-money';
import { pay } from '../../menus/pay';
import { pending } from '../../menus/pending';
import { newPin } from '../../menus/new-pin';
import { phones } from '../../menus/phones';
import { sharePhone } from '../../menus/share-phone';
import { joinPhone } from '../../menus/join-phone';
import { phoneRequest } from '../../menus/phone-request';
import { pinReset } from '../../menus/pin-reset';
import { resume } from '../../menus/resume';
import { sellGoods } from '../../menus/sell-goods';
import { sendMoney } from '../../menus/send-money';
import { shopCode } from '../../menus/shop-code';
import { settings } from '../../menus/settings';
import { signup } from '../../menus/signup';
import { statement } from '../../menus/statement';
import { withdraw } from '../../menus/withdraw';
import { till } from '../../menus/till';
import { wrongSend } from '../../menus/wrong-send';
import { flowOf, type Flow } from '../ussd';
import { agentDeskActors, agentFloatActors, cashOutCodeActors, withdrawActors } from './actors/agents';
import { accountsActors } from './actors/accounts';
import { applyActors } from './actors/apply';
import { balanceActors } from './actors/balance';
import { cashInActors } from './actors/cash-in';
import { cashOutActors } from './actors/cash-out';
import { counterActors } from './actors/counter';
import { holdersActors } from './actors/holders';
import { invoicesActors } from './actors/invoices';
import { casesActors } from './actors/cases';
import { claimActors } from './actors/claim';
import { closeProfileActors } from './actors/close-profile';
import { mainActors } from './actors/main';
import { moveMoneyActors } from './actors/move-money';
import { payActors } from './actors/pay';
import { shopCodeActors } from './actors/shop-code';
import { pendingActors } from './actors/pending';
import { sellGoodsActors } from './actors/sell-goods';
import { newPinActors } from './actors/new-pin';
import { joinPhoneActors, phoneRequestActors, phonesActors, sharePhoneActors } from './actors/phones';
import { pinResetActors } from './actors/pin-reset';
import { sendMoneyActors } from './actors/send-money';
import { settingsActors } from './actors/settings';
import { signupActors } from './actors/signup';
import { statementActors } from './actors/statement';
import { tillActors } from './actors/till';
import { wrongSendActors } from './actors/wrong-send';
import type { Services } from './services';

/** The only place where menus meet the domain: every actor that a tree declares gets its service here. */
export function bindMenus(services: Services): ReadonlyMap<string, Flow> {
  const machines = [
    main.provide({ actors: mainActors(services) }),
    signup.provide({ actors: signupActors(services) }),
    sendMoney.provide({ actors: sendMoneyActors(services) }),
    cashIn.provide({ actors: cashInActors(services) }),
    cashOut.provide({ actors: cashOutActors(services) }),
    moveMoney.provide({ actors: moveMoneyActors(services) }),
    cashOutCode.provide({ actors: cashOutCodeActors(services) }),
    counter.provide({ actors: counterActors(services) }),
    withdraw.provide({ actors: withdrawActors(services) }),
    agentDesk.provide({ actors: agentDeskActors(services) }),
    agentFloat.provide({ actors: agentFloatActors(services) }),
    pay.provide({ actors: payActors(services) }),
    shopCode.provide({ actors: shopCodeActors(services) }),
    sellGoods.provide({ actors: sellGoodsActors(services) }),
    invoices.provide({ actors: invoicesActors(services) }),
    till.provide({ actors: tillActors(services) }),
    pending.provide({ actors: pendingActors(services) }),
    balance.provide({ actors: balanceActors(services) }),
    statement.provide({ actors: statementActors(services) }),
    accounts.provide({ actors: accountsActors(services) }),
    holders.provide({ actors: holdersActors(services) }),
    apply.provide({ actors: applyActors(services) }),
    settings.provide({ actors: settingsActors(services) }),
    closeProfile.provide({ actors: closeProfileActors(services) }),
    phones.provide({ actors: phonesActors(services) }),
    sharePhone.provide({ actors: sharePhoneActors(services) }),
    joinPhone.provide({ actors: joinPhoneActors(services) }),
    phoneRequest.provide({ actors: phoneRequestActors(services) }),
    newPin.provide({ actors: newPinActors(services) }),
    pinReset.provide({ actors: pinResetActors(services) }),
    wrongSend.provide({ actors: wrongSendActors(services) }),
    claim.provide({ actors: claimActors(services) }),
    cases.provide({ actors: casesActors(services) }),
    resume,
  ];
  return new Map(machines.map((machine) => [machine.id, flowOf(machine)]));
}
