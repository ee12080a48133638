import type { Command } from './command';
import { act, acts } from './commands/acts';
import { applicationApprove, applicationRefuse, applications } from './commands/applications';
import { bulk, bulkChange, bulkLoad, bulkPay, bulkReport, bulks, bulkStop } from './commands/bulks';
import { caseAppeal, caseAsk, caseDecide, caseNote, caseOpen, cases, caseTake, oneCase } from './commands/cases';
import { activate, staffAdd, staffDisable, staffList, staffRenew } from './commands/members';
import { floatReturn, floatTopup } from './commands/float';
import { freeze, freezes, unfreeze } from './commands/freezes';
import { path, payment } from './commands/paths';
import { fraudCheck, fraudQueue, person, phone, reveal } from './commands/people';
import { pinReset } from './commands/pin-reset';
import { rules, rulesApprove, rulesPropose, rulesReject, rulesShow } from './commands/rules';
import { exceeding, tierLift, tierSet } from './commands/tiers';
import { refundElsewhere } from './commands/refund-elsewhere';
import { positions, reconcile, reconciliations, settle, settlements } from './commands/settlement';
import { superAgent } from './commands/super-agent';
import { transferCorrect } from './commands/corrections';
import { transferComplete, transferRelease, transfers } from './commands/transfers';
import { unlock } from './commands/unlock';

/** Everything that the staff can do. A new command is a file in commands/ and a line here. */
export const commands: readonly Command[] = [
  person,
  reveal,
  phone,
  payment,
  path,
  unlock,
  pinReset,
  freeze,
  unfreeze,
  freezes,
  fraudCheck,
  fraudQueue,
  applications,
  applicationApprove,
  applicationRefuse,
  tierSet,
  tierLift,
  exceeding,
  floatTopup,
  floatReturn,
  rules,
  rulesShow,
  rulesPropose,
  rulesApprove,
  rulesReject,
  superAgent,
  acts,
  act,
  activate,
  staffList,
  staffAdd,
  staffRenew,
  staffDisable,
  cases,
  oneCase,
  caseTake,
  caseNote,
  caseOpen,
  caseAsk,
  caseAppeal,
  caseDecide,
  transfers,
  transferRelease,
  transferComplete,
  transferCorrect,
  refundElsewhere,
  positions,
  settle,
  settlements,
  reconcile,
  reconciliations,
  bulkLoad,
  bulks,
  bulk,
  bulkChange,
  bulkPay,
  bulkStop,
  bulkReport,
];

const byName = new Map(commands.map((command) => [command.name, command]));

export function commandOf(name: string): Command | undefined {
  return byName.get(name);
}
