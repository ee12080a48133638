/** Notifications: what happened, as an SMS in its reader's language, queued in the transaction in which it happened. */
export { createNotifications, type Notifications } from './notifications';
