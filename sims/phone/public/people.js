import { byId, call, element } from './api.js';

/** The list of people: whose phone it is, how many unread messages each has, and the sandbox's PIN on demand. */
export function createPeople(onChoose) {
  const list = byId('people');
  const known = new Map();

  function add(person) {
    const name = `${person.firstName} ${person.lastName}`.trim();
    const initials = `${person.firstName[0] ?? ''}${person.lastName[0] ?? ''}`;
    const radio = element('input', { type: 'radio', name: 'person', value: person.msisdn });
    radio.dataset.testid = `person-${person.msisdn}`;
    radio.addEventListener('change', () => onChoose(person.msisdn));
    const badge = element('span', { className: 'badge' });
    badge.hidden = true;
    const role = ['customer', 'other'].includes(person.role) ? '' : ` · ${person.role}`;
    const card = element(
      'div',
      { className: 'person', 'data-role': person.role, title: name },
      element(
        'label',
        {},
        radio,
        element('span', { className: 'avatar', text: initials, 'aria-hidden': 'true' }),
        element(
          'span',
          { className: 'who' },
          element('b', { text: name }),
          element('small', { text: person.msisdn + role }),
        ),
      ),
      element('span', { className: 'end' }, badge),
    );
    if (person.role !== 'other') card.lastChild.append(pinButton(person.msisdn, name));
    list.append(card);
    known.set(person.msisdn, { ...person, name, radio, badge });
  }

  return {
    /** Adds whoever is not listed yet. */
    show(people) {
      for (const person of people) if (!known.has(person.msisdn)) add(person);
    },
    addOther(msisdn) {
      if (!known.has(msisdn)) add({ msisdn, firstName: 'Somebody', lastName: '', role: 'other' });
    },
    choose(msisdn) {
      known.get(msisdn).radio.checked = true;
    },
    first: () => known.keys().next().value,
    name: (msisdn) => known.get(msisdn)?.name ?? msisdn,
    setUnread(msisdn, count) {
      const person = known.get(msisdn);
      if (person === undefined) return;
      person.badge.hidden = count === 0;
      person.badge.textContent = String(count);
      person.badge.setAttribute('aria-label', `${count} unread`);
    },
  };
}

function pinButton(msisdn, name) {
  const button = element('button', { className: 'pin', type: 'button', text: 'PIN', title: `Show ${name}’s PIN` });
  button.setAttribute('aria-label', `Show the PIN of ${name}`);
  button.addEventListener('click', async () => {
    const { pin } = await call('GET', `/api/people/${encodeURIComponent(msisdn)}/pin`);
    button.textContent = pin;
    button.setAttribute('aria-label', `PIN ${pin}`);
    setTimeout(() => {
      button.textContent = 'PIN';
      button.setAttribute('aria-label', `Show the PIN of ${name}`);
    }, 4_000);
  });
  return button;
}
