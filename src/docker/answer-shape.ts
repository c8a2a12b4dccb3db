/** How answers of the engine are checked. */
import * as z from 'zod';
import { escapeText } from '../model/problem.js';
import { DockerFailure } from './failure.js';

/** What a map holds, key by key: `z.record` drops the key `__proto__` without a word. */
export function entriesOf<T extends z.ZodType>(value: T) {
  return z
    .custom<object>((map) => typeof map === 'object' && map !== null && !Array.isArray(map), 'is not a map')
    .transform((map): unknown[] => Object.entries(map))
    .pipe(z.array(z.tuple([z.string(), value])));
}

/** @throws DockerFailure of the kind `malformed` that says where the answer has another form */
export function parsedAnswer<T>(what: string, schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.join('.');
  const message = `${what}: ${place}: ${issue?.message ?? 'has another form'}`;
  throw new DockerFailure('malformed', `Docker's answer has another form than is known here: ${escapeText(message)}`);
}
