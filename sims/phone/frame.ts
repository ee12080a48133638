import type { SessionView } from './routes';

const WIDTH = 32;

/**
 * Draws a phone's screen as a box of text, with the length of the screen and the session's clock under it, e.g.
 * `╰─ 132/160 ─────────── 0:07/3:00 ─╯`.
 */
export function frame(session: SessionView): string {
  const { used, limit, alphabet } = session.septets;
  const count = ` ${used}/${limit}${alphabet === 'UCS-2' ? ' UCS-2' : ''}${used > limit ? ' TOO LONG' : ''} `;
  const clock = ` ${clockTime(session.elapsedMs)}/${clockTime(session.limitMs)} `;
  const fill = '─'.repeat(Math.max(0, WIDTH - count.length - clock.length));
  return [
    `╭${'─'.repeat(WIDTH + 2)}╮`,
    ...session.screen
      .split('\n')
      .flatMap(wrap)
      .map((line) => `│ ${line.padEnd(WIDTH)} │`),
    `╰─${count}${fill}${clock}─╯`,
  ].join('\n');
}

/** Breaks a line between words, and a word that is too long anywhere. */
function wrap(line: string): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WIDTH) {
    const space = rest.lastIndexOf(' ', WIDTH);
    const at = space > 0 ? space : WIDTH;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}

function clockTime(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
