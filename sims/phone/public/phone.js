import { byId, call, element, minutes, timeOfDay } from './api.js';
import { createInbox } from './inbox.js';
import { createPeople } from './people.js';

const KEYS = ['1', '2 ABC', '3 DEF', '4 GHI', '5 JKL', '6 MNO', '7 PQRS', '8 TUV', '9 WXYZ', '*', '0 +', '#'];
const LOG_MAX = 50;
const DIAL_MAX = 182;
const ANSWER_MAX = 80;

let serviceCode = '*384*123#';
let me = '';
let unread = 0;
const phones = new Map();
const entry = byId('entry');

/** Each person's phone keeps its own session and what is typed, so one can go back and forth between two. */
function phone(msisdn = me) {
  if (!phones.has(msisdn)) phones.set(msisdn, { session: null, since: 0, turn: null, typed: '', notice: '' });
  return phones.get(msisdn);
}
const mode = ({ session, notice, turn }) => {
  if (session?.open || (turn && session)) return 'open';
  if (turn) return 'calling';
  return session || notice ? 'ended' : 'idle';
};

// ---- the screen

function render() {
  const held = phone();
  const now = mode(held);
  byId('owner').textContent = people.name(me);
  byId('lcd').classList.toggle('asleep', now === 'idle');
  showScreen(held, now);
  entry.hidden = now === 'ended' || now === 'calling' || held.turn !== null;
  entry.maxLength = now === 'open' ? ANSWER_MAX : DIAL_MAX;
  entry.placeholder = now === 'open' ? '' : serviceCode;
  entry.setAttribute('aria-label', now === 'open' ? 'Your answer' : 'Number to dial');
  const [send, cancel] = { idle: ['Call', 'Clear'], calling: ['', 'End'], open: ['Send', 'Cancel'], ended: ['OK', ''] }[
    now
  ];
  for (const [id, label] of [
    ['send', send],
    ['cancel', cancel],
  ]) {
    byId(id).textContent = label;
    byId(id).hidden = label === '';
  }
  byId('send').disabled = held.turn !== null;
  showCounter(held, now);
  byId('drop').disabled = now !== 'open';
  byId('repeat').disabled = !held.session;
  byId('reorder').disabled = !held.session || held.session.hops < 2;
  byId('envelope').hidden = unread === 0;
  byId('envelope').querySelector('b').textContent = String(unread);
  byId('envelope').setAttribute('aria-label', `${unread} unread messages`);
  showClock();
}

function showScreen(held, now) {
  const screen = byId('screen');
  screen.classList.toggle('idle', now === 'idle');
  if (held.turn) {
    setScreen(
      screen,
      'busy',
      element('span', { className: 'waiting', text: now === 'calling' ? 'USSD code running' : 'Sending' }),
    );
  } else if (now === 'idle') {
    const news = unread === 0 ? '' : `${unread} new message${unread === 1 ? '' : 's'}`;
    const time = timeOfDay(new Date());
    setScreen(
      screen,
      `idle ${time} ${news} ${me}`,
      element('span', { className: 'time', text: time }),
      element('span', { text: me }),
      element('span', { text: news }),
    );
  } else {
    setScreen(
      screen,
      `text ${held.notice} ${held.session?.sessionId} ${held.session?.hops} ${held.session?.status}`,
      held.notice || held.session.screen,
    );
  }
}

/** Changes what the screen shows only when it changes, so that a screen reader says it once. */
function setScreen(screen, key, ...content) {
  if (screen.dataset.key === key) return;
  screen.dataset.key = key;
  screen.replaceChildren(...content);
  screen.scrollTop = 0;
}

function showCounter(held, now) {
  const counter = byId('counter');
  const shows = (now === 'open' || now === 'ended') && held.session && !held.turn;
  const { used, limit, alphabet } = held.session?.septets ?? {};
  counter.textContent = shows ? `${used}/${limit}${alphabet === 'UCS-2' ? ' UCS-2' : ''}` : '';
  counter.classList.toggle('over', Boolean(shows && used > limit));
  counter.title = shows ? `${used} of the ${limit} characters that a screen holds in ${alphabet}` : '';
}

function showClock() {
  const held = phone();
  const open = held.session?.open;
  const elapsedMs = open ? Math.min(performance.now() - held.since, held.session.limitMs) : 0;
  byId('clock').textContent = open ? `${minutes(elapsedMs)}/${minutes(held.session.limitMs)}` : '';
  byId('timebar').style.width = open ? `${(100 * elapsedMs) / held.session.limitMs}%` : '0';
  return open && elapsedMs >= held.session.limitMs;
}

// ---- what the person does

/**
 * Runs one exchange of this phone. Whatever it answers belongs to the phone that asked, whoever's is shown by then;
 * after a hang-up or a drop it is nobody's any more.
 */
async function exchange(msisdn, ask) {
  const held = phone(msisdn);
  const turn = Symbol('turn');
  held.turn = turn;
  held.typed = '';
  if (msisdn === me) entry.value = '';
  render();
  try {
    const session = await ask();
    if (held.turn === turn) take(held, session);
    else if (session.open) await cancel(session.sessionId);
  } catch (error) {
    if (held.turn !== turn) return;
    if (!held.session?.open) held.notice = error.message;
    log(error.message, 'bad');
  } finally {
    if (held.turn === turn) held.turn = null;
    render();
    if (msisdn === me && !entry.hidden && document.activeElement === document.body) entry.focus();
  }
}

function take(held, session) {
  held.turn = null;
  held.session = session;
  held.notice = '';
  held.since = performance.now() - session.elapsedMs;
  if (session.errorMessage) log(`The session failed: ${session.errorMessage}.`, 'bad');
  void inbox.refresh();
}

const cancel = (sessionId) => call('POST', `/api/sessions/${sessionId}/cancel`).catch(() => undefined);

function takeDelay() {
  const button = byId('delay');
  if (button.getAttribute('aria-pressed') !== 'true') return 0;
  button.setAttribute('aria-pressed', 'false');
  const seconds = Math.min(120, Math.max(1, Math.round(Number(byId('delay-s').value)) || 5));
  log(`The next reply comes ${seconds} s late.`);
  return seconds * 1_000;
}

function send() {
  const held = phone();
  if (held.turn) return;
  const msisdn = me;
  const now = mode(held);
  if (now === 'ended') {
    held.session = null;
    held.notice = '';
    render();
    entry.focus();
  } else if (now === 'idle') {
    const body = { msisdn, dial: entry.value.trim() || serviceCode, delayMs: takeDelay() };
    void exchange(msisdn, () => call('POST', '/api/sessions', body));
  } else {
    const body = { input: entry.value, delayMs: takeDelay() };
    void exchange(msisdn, () => call('POST', `/api/sessions/${held.session.sessionId}/input`, body));
  }
}

function hangUp() {
  const held = phone();
  if (held.session?.open) {
    void cancel(held.session.sessionId);
    log('The person hung up.');
  }
  entry.value = '';
  Object.assign(held, { session: null, turn: null, notice: '', typed: '' });
  render();
  entry.focus();
}

function clear() {
  const at = entry.selectionStart ?? entry.value.length;
  const from = entry.selectionEnd > at ? at : Math.max(0, at - 1);
  entry.setRangeText('', from, Math.max(entry.selectionEnd, from), 'end');
  phone().typed = entry.value;
}

function press(key) {
  if (mode(phone()) === 'ended') send();
  if (entry.hidden || entry.value.length >= entry.maxLength) return;
  entry.setRangeText(key, entry.selectionStart, entry.selectionEnd, 'end');
  phone().typed = entry.value;
}

// ---- what the network does

function log(text, tone = '', quote = '') {
  const item = element('li', {}, element('time', { text: new Date().toLocaleTimeString([], { hour12: false }) }));
  item.append(element('span', { className: tone, text }));
  if (quote) item.append(element('q', { text: quote }));
  byId('log').prepend(item);
  while (byId('log').children.length > LOG_MAX) byId('log').lastChild.remove();
}

function drop() {
  const held = phone();
  const arrives = held.turn === null && entry.value !== '';
  const body = arrives ? { input: entry.value } : {};
  const path = `/api/sessions/${held.session.sessionId}/drop`;
  log(arrives ? 'Dropped: the answer typed arrived, the reply to it is lost.' : 'Dropped: the call broke off.');
  // Takes the turn from whatever is under way: its reply finds nobody.
  void exchange(me, () => call('POST', path, body));
}

async function redeliver(verb, what) {
  try {
    const { same, answer } = await call('POST', `/api/sessions/${phone().session.sessionId}/${verb}`);
    log(`${what}: ${same ? 'same answer' : 'different answer!'}`, same ? 'good' : 'bad', answer);
  } catch (error) {
    log(error.message, 'bad');
  }
}

// ---- putting it together

const people = createPeople((msisdn) => hold(msisdn));
const inbox = createInbox({
  owner: () => me,
  people,
  onUnread: (count) => {
    if (count === unread) return;
    unread = count;
    render();
  },
});

function hold(msisdn) {
  me = msisdn;
  unread = 0;
  entry.value = phone().typed;
  people.choose(msisdn);
  render();
  void inbox.refresh();
}

function buildKeypad() {
  for (const [digit, letters = ''] of KEYS.map((key) => key.split(' '))) {
    const key = element('button', { type: 'button', 'aria-label': { '*': 'star', '#': 'hash' }[digit] ?? digit });
    key.append(element('b', { text: digit }), element('small', { text: letters }));
    key.dataset.testid = `key-${digit}`;
    key.dataset.key = digit;
    key.addEventListener('click', () => press(digit));
    byId('keypad').append(key);
  }
  // A press with the mouse leaves the focus in the answer line, as on a real phone.
  for (const key of document.querySelectorAll('.handset button')) {
    key.addEventListener('pointerdown', (event) => event.preventDefault());
  }
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typingElsewhere = event.target.matches('input:not([type=radio])');
  const elsewhere = event.target !== entry && (typingElsewhere || event.target.matches('button'));
  if (event.key === 'Escape') {
    hangUp();
  } else if (event.key === 'Enter' && !elsewhere) {
    event.preventDefault();
    send();
  } else if (event.key.length === 1 && event.key !== ' ' && !typingElsewhere) {
    event.preventDefault();
    press(event.key);
    // So that Enter sends what was typed, wherever the focus was before.
    entry.focus();
  }
  const key = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  key?.classList.add('down');
  setTimeout(() => key?.classList.remove('down'), 120);
}

function listen() {
  byId('send').addEventListener('click', send);
  byId('call').addEventListener('click', send);
  byId('hangup').addEventListener('click', hangUp);
  byId('cancel').addEventListener('click', hangUp);
  byId('clear').addEventListener('click', clear);
  byId('drop').addEventListener('click', drop);
  byId('repeat').addEventListener('click', () => void redeliver('repeat', 'The last hop again'));
  byId('reorder').addEventListener('click', () => void redeliver('reorder', 'An older hop, late'));
  byId('delay').addEventListener('click', ({ currentTarget }) => {
    currentTarget.setAttribute('aria-pressed', String(currentTarget.getAttribute('aria-pressed') !== 'true'));
  });
  entry.addEventListener('input', () => (phone().typed = entry.value));
  document.addEventListener('keydown', onKey);
  byId('other').addEventListener('submit', (event) => {
    event.preventDefault();
    const msisdn = byId('other-number').value.replace(/[\s()-]/g, '');
    const fits = /^\+[1-9]\d{6,14}$/.test(msisdn);
    byId('other-error').hidden = fits;
    byId('other-error').textContent = fits ? '' : 'A number starts with + and its country, such as +254700000008.';
    if (!fits) return;
    people.addOther(msisdn);
    byId('other-number').value = '';
    hold(msisdn);
    entry.focus();
  });
  setInterval(async () => {
    const held = phone();
    if (mode(held) === 'idle') render();
    if (!showClock() || held.turn) return;
    held.session = await call('GET', `/api/sessions/${held.session.sessionId}`).catch(() => null);
    render();
  }, 500);
}

buildKeypad();
listen();
serviceCode = (await call('GET', '/api/network')).serviceCode;
byId('service-code').textContent = serviceCode;
people.show((await call('GET', '/api/people')).people);
hold(people.first());
inbox.start();
entry.focus();
