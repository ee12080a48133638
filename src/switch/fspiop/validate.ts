import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { JsonObject } from './canonical';
import { Refusal } from '../refusal';
import { type FspiopCode } from './errors';
import { idPattern } from './ids';
import v1 from './schemas/fspiop-1.1.json';
import v2 from './schemas/fspiop-2.0.json';
import type { Version } from './versions';

/** A body's schema: method and path as the published documents write them, `PUT /quotes/{ID}`. */
export type Operation = keyof typeof v1.bodies;
export type Validate = (operation: Operation, version: Version, body: JsonObject) => void;

/**
 * Compiles the published schemas, once. Minor versions only add what is optional (section 3.3.2): 1.1 reads all of major 1.
 * The function throws a `Refusal` that names the field: 3102 where it is missing, 3101 where it is written wrongly.
 */
export function createValidator(): Validate {
  const majors = new Map([v1, v2].map((document, index) => [index + 1, compile(document)]));
  return (operation, { major }, body) => {
    const check = (majors.get(major) ?? majors.get(2))?.get(operation);
    if (!check || check(body)) return;
    const [first] = check.errors ?? [];
    throw first ? refusalOf(first) : new Refusal(400, '3100');
  };
}

type Bundle = typeof v1 | typeof v2;

function compile({ bodies, definitions }: Bundle): ReadonlyMap<string, ValidateFunction> {
  const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false });
  // Ids are taken in every spelling (ids.ts); the documents allow some in one version only.
  const CorrelationId = { ...definitions.CorrelationId, pattern: idPattern };
  ajv.addSchema({ $id: 'fspiop', definitions: { ...definitions, CorrelationId } });
  return new Map(
    Object.entries(bodies).map(([operation, name]) => [
      operation,
      ajv.compile({ $ref: `fspiop#/definitions/${name}` }),
    ]),
  );
}

const codes: Readonly<Record<string, FspiopCode>> = {
  required: '3102',
  maxItems: '3103',
  minItems: '3102',
  type: '3101',
  pattern: '3101',
  enum: '3101',
  minLength: '3101',
  maxLength: '3101',
  minimum: '3101',
  maximum: '3101',
};

function refusalOf({ keyword, instancePath, params, message }: ErrorObject): Refusal {
  const field = instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'required') {
    const missing = [field, (params as { missingProperty: string }).missingProperty].filter(Boolean);
    return new Refusal(400, '3102', missing.join('.'));
  }
  // A pattern as such tells nobody anything, and fills the description to its end.
  const why = keyword === 'pattern' ? 'has not the form that the API defines' : (message ?? keyword);
  return new Refusal(400, codes[keyword] ?? '3100', `${field || 'body'} ${why}`);
}
