/**
 * SMS: messages leave from rows that were committed with what they tell, none that was taken is handed over again, and none is
 * readable in the database. What a provider is told and tells is the drivers' business; what a message says is notifications'.
 */
export { balanceMark, type BalanceOf } from './balance-mark';
export { createOutbox, type Outbox } from './outbox';
export type { DeliveryReport, SendOutcome, SmsSender } from './port';
export { countInboundSince, deleteInboundBefore, insertInbound } from './store';
