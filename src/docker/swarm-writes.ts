/** What a manager of a Swarm is told about services and nodes. People ask for it, by `autoproxy apply` and others. */
import * as v from 'valibot';
import { parsedAnswer } from './answer-shape.js';
import type { DockerConnection } from './connection.js';

const MAX_ANSWER_BYTES = 1_048_576;
const WRITE_MS = 20_000;
const LIMITS = { maxBytes: MAX_ANSWER_BYTES, deadlineMs: WRITE_MS };

const created = v.object({ ID: v.string() });

/**
 * @param registryAuth nodes pull its image with this password; null: without one
 * @returns the id of the service
 * @throws DockerFailure
 */
export async function createService(
  connection: DockerConnection,
  name: string,
  spec: object,
  registryAuth: string | null,
  signal: AbortSignal,
): Promise<string> {
  const what = `the creation of service ${name}`;
  const sent = { body: spec, registryAuth, statuses: [201], ...LIMITS };
  const call = { method: 'POST', path: '/services/create', what, ...sent } as const;
  return parsedAnswer(what, created, (await connection.call(call, signal)).value).ID;
}

/**
 * @param version that the change was planned against
 * @param registryAuth null: nodes pull its image with the password that it has
 * @throws DockerFailure; `outOfSequence` when the service was changed since
 */
export async function updateService(
  connection: DockerConnection,
  { id, name, version }: { readonly id: string; readonly name: string; readonly version: number },
  spec: object,
  registryAuth: string | null,
  signal: AbortSignal,
): Promise<void> {
  const path = `/services/${encodeURIComponent(id)}/update?version=${version}`;
  const sent = { body: spec, registryAuth, ...LIMITS };
  await connection.call({ method: 'POST', path, what: `the update of service ${name}`, ...sent }, signal);
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

/**
 * @param spec whole: what it leaves out is taken away
 * @throws DockerFailure; `outOfSequence` when the node was changed since this version
 */
export async function updateNode(
  connection: DockerConnection,
  { id, name, version }: { readonly id: string; readonly name: string; readonly version: number },
  spec: object,
  signal: AbortSignal,
): Promise<void> {
  const path = `/nodes/${encodeURIComponent(id)}/update?version=${version}`;
  await connection.call({ method: 'POST', path, what: `the update of node ${name}`, body: spec, ...LIMITS }, signal);
}
