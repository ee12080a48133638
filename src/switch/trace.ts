import { randomBytes } from 'node:crypto';

/** W3C Trace Context: the caller's trace goes on with a step of ours; where there is none a new one begins. */
export function continued(traceparent: string | undefined): string {
  const [, traceId = randomBytes(16).toString('hex'), flags = '01'] = pattern.exec(traceparent ?? '') ?? [];
  return `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}`;
}

const pattern = /^00-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

/** A traceparent that may be kept; undefined where it is none. */
export function readTraceparent(header: string | undefined): string | undefined {
  return pattern.test(header ?? '') ? header : undefined;
}
