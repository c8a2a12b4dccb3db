/** How answers of the engine are checked. */
import * as v from 'valibot';
import { issueLine } from '../core/shapes.js';
import { escapeText } from '../model/problem.js';
import { DockerFailure } from './failure.js';

/** @throws DockerFailure of the kind `malformed` that says where the answer has another form */
export function parsedAnswer<T>(what: string, schema: v.GenericSchema<unknown, T>, body: unknown): T {
  const { success, output, issues } = v.safeParse(schema, body);
  if (success) return output;
  const message = escapeText(`${what}: ${issueLine(issues, 'the answer')}`);
  throw new DockerFailure('malformed', `Docker's answer has another form than is known here: ${message}`);
}
