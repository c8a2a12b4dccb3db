/** What a manager of a Swarm is told about services. People ask for it, by `autoproxy apply`. */
import * as z from 'zod';
import { parsedAnswer } from './answer-shape.js';
import type { DockerConnection } from './connection.js';

const MAX_ANSWER_BYTES = 1_048_576;
const WRITE_MS = 20_000;
const LIMITS = { maxBytes: MAX_ANSWER_BYTES, deadlineMs: WRITE_MS };

const created = z.object({ ID: z.string() });

/** @returns the id of the service. @throws DockerFailure */
export async function createService(
  connection: DockerConnection,
  name: string,
  spec: object,
  signal: AbortSignal,
): Promise<string> {
  const what = `the creation of service ${name}`;
  const call = { method: 'POST', path: '/services/create', what, body: spec, statuses: [201], ...LIMITS } as const;
  return parsedAnswer(what, created, (await connection.call(call, signal)).value).ID;
}

/**
 * @param version that the change was planned against
 * @throws DockerFailure; `outOfSequence` when the service was changed since
 */
export async function updateService(
  connection: DockerConnection,
  { id, name, version }: { readonly id: string; readonly name: string; readonly version: number },
  spec: object,
  signal: AbortSignal,
): Promise<void> {
  const path = `/services/${encodeURIComponent(id)}/update?version=${version}`;
  await connection.call({ method: 'POST', path, what: `the update of service ${name}`, body: spec, ...LIMITS }, signal);
}

/** One that is gone already counts as removed. @throws DockerFailure */
export async function removeService(
  connection: DockerConnection,
  { id, name }: { readonly id: string; readonly name: string },
  signal: AbortSignal,
): Promise<void> {
  const path = `/services/${encodeURIComponent(id)}`;
  const call = { method: 'DELETE', path, what: `the removal of service ${name}`, statuses: [200, 404], ...LIMITS };
  await connection.call({ ...call, method: 'DELETE' }, signal);
}
