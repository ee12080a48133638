/**
 * Calls the simulator.
 * @throws {Error} with the simulator's own words when it refuses, or that it is not there.
 */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error('The simulator is not running.');
  }
  const answer = await response.json();
  if (!response.ok)
    throw new Error(answer.error?.replace(/^\w*: /, '') ?? `The simulator answered ${response.status}.`);
  return answer;
}

export const byId = (id) => document.getElementById(id);

/** Makes an element with text in it; what people and services write is never read as HTML. */
export function element(tag, { className = '', text = '', ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const two = (n) => String(n).padStart(2, '0');

/** The time of day on this computer, e.g. `14:05`. */
export const timeOfDay = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;

/** A length of time, e.g. `1:07`. */
export const minutes = (ms) => `${Math.floor(ms / 60_000)}:${two(Math.floor(ms / 1_000) % 60)}`;
