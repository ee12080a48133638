import pino, { type Logger } from 'pino';

/**
 * One JSON line an event: `time` in ISO 8601 UTC with milliseconds, `level` in words, `msg`, and ids beside it.
 * Nobody hands a PIN, a `text` or a message body to the log; the redaction below is the second net, not the first.
 */
export type Log = Logger;

const secretFields = [
  'pin',
  'newPin',
  'text',
  'input',
  'body',
  'password',
  'apiKey',
  'apikey',
  'authorization',
  'nationalId',
];

/** `to`: where the lines go; default: standard output. */
export function createLog(level: string, to?: { write(line: string): void }): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    serializers: { err: describeError },
    redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
  };
  return to ? pino(options, to) : pino(options);
}

/** Name, message and stack of an error and nothing else: HTTP clients hang whole requests, keys included, on theirs. */
function describeError(error: unknown): {
  name: string;
  message: string;
  stack?: string | undefined;
  code?: string;
} {
  if (!(error instanceof Error)) return { name: 'NotAnError', message: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { name: error.name, message: error.message, stack: error.stack, ...code };
}
