import { byId, call, element, timeOfDay } from './api.js';

const POLL_MS = 1_000;

/**
 * The messages of the phone in hand, and who else has unread ones. A message counts as read once the person looks at
 * the thread: a click, or the keyboard's focus. What a person sent is kept in this page only.
 */
export function createInbox({ owner, people, onUnread }) {
  const thread = byId('thread');
  const seen = new Map();
  const received = new Map();
  const sent = new Map();
  let shown = '';

  const unread = (msisdn) => (received.get(msisdn) ?? 0) - (seen.get(msisdn) ?? 0);

  function showUnread() {
    for (const msisdn of received.keys()) people.setUnread(msisdn, msisdn === owner() ? 0 : unread(msisdn));
    const count = unread(owner());
    const badge = byId('unread');
    badge.hidden = count === 0;
    badge.textContent = count === 0 ? '' : `${count} new`;
    onUnread(count);
  }

  function showThread(messages) {
    const mine = sent.get(owner()) ?? [];
    const all = [...messages, ...mine].sort((a, b) => a.receivedAt.localeCompare(b.receivedAt));
    const state = `${owner()} ${unread(owner())} ${all.map(({ id }) => id).join()}`;
    if (state === shown) return;
    shown = state;
    const firstNew = messages.length - unread(owner());
    thread.replaceChildren(...all.map((message) => bubble(message, messages.indexOf(message) >= firstNew)));
    thread.scrollTop = thread.scrollHeight;
  }

  async function refresh() {
    const msisdn = owner();
    const [list, { messages }] = await Promise.all([
      call('GET', '/api/people'),
      call('GET', `/messages?to=${encodeURIComponent(msisdn)}`),
    ]);
    for (const person of list.people) {
      // What was there before this page was opened is not news.
      if (!seen.has(person.msisdn)) seen.set(person.msisdn, person.received);
      received.set(person.msisdn, person.received);
    }
    if (!list.people.some((person) => person.msisdn === msisdn)) {
      if (!seen.has(msisdn)) seen.set(msisdn, messages.length);
      received.set(msisdn, messages.length);
    }
    if (msisdn !== owner()) return;
    showUnread();
    showThread(messages);
  }

  function read() {
    if (unread(owner()) === 0) return;
    seen.set(owner(), received.get(owner()));
    void refresh();
  }
  byId('inbox').addEventListener('click', read);
  byId('inbox').addEventListener('focusin', read);

  byId('compose').addEventListener('submit', async (event) => {
    event.preventDefault();
    const field = byId('sms-text');
    const text = field.value.trim();
    if (text === '') return;
    const from = owner();
    field.value = '';
    const own = { id: `sent-${Date.now()}`, text, receivedAt: new Date().toISOString(), own: true };
    sent.set(from, [...(sent.get(from) ?? []), own].slice(-50));
    try {
      const { taken } = await call('POST', '/api/sms', { from, text });
      own.note = taken ? '' : 'the service has not taken it yet';
    } catch (error) {
      own.note = error.message;
    }
    shown = '';
    void refresh();
  });

  const tick = () =>
    refresh()
      .catch(() => undefined)
      .finally(() => setTimeout(tick, POLL_MS));
  return { start: tick, refresh: () => refresh().catch(() => undefined) };
}

function bubble(message, isNew) {
  const from = message.own ? `You${message.note ? ` — ${message.note}` : ''}` : message.from;
  const at = new Date(message.receivedAt);
  const item = element(
    'li',
    { className: `message${message.own ? ' sent' : ''}${isNew && !message.own ? ' new' : ''}` },
    element(
      'header',
      {},
      element('b', { text: from }),
      element('time', { text: timeOfDay(at), datetime: message.receivedAt }),
    ),
    element('p', { text: message.text }),
  );
  item.dataset.testid = message.own ? 'sent-message' : 'message';
  return item;
}
