/**
 * Invoices: who asks whom for how much, tills and who sells there. It promises that an invoice goes only the ways that
 * its type allows, is paid once and by its buyer only, and that nobody's money moves because somebody asked for it: the
 * buyer pays, with a quote and a PIN of their own (R133). It moves no money itself: src/payments does. Where buyer and shop
 * are at two providers it asks and answers over src/switch; what is paid crosses by src/clearing.
 */
export type { InvoiceError } from './errors';
export type { Invoice } from './invoice';
export { createInvoices, type Invoices } from './invoices';
export type { NewInvoice } from './issue';
export { createPurchaseCompanion, type ShopNumber } from './pay';
