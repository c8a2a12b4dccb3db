/** What is asked of the engine. All of this reads. */
import { factsFromBody, summariesFromBody } from './answers.js';
import type { DockerConnection } from './connection.js';
import type { ContainerFacts, ContainerSummary } from './facts.js';

/** Ten thousand containers with the labels of Compose, or sixty with a megabyte each. */
const MAX_LIST_BYTES = 67_108_864;
const MAX_INSPECTION_BYTES = 16_777_216;
const LIST_MS = 10_000;
/** The engine waits for the lock of the container: one that is being started holds it for some 300 ms. */
const INSPECT_MS = 10_000;

/** All containers, also those that do not run; the newest first. @throws DockerFailure */
export async function listContainers(
  connection: DockerConnection,
  signal: AbortSignal,
): Promise<readonly ContainerSummary[]> {
  const limits = { maxBytes: MAX_LIST_BYTES, deadlineMs: LIST_MS };
  const call = { method: 'GET', path: '/containers/json?all=1', what: 'the list of containers', ...limits } as const;
  return summariesFromBody((await connection.call(call, signal)).value);
}

/** @returns null when the engine has no such container (any more). @throws DockerFailure */
export async function inspectContainer(
  connection: DockerConnection,
  id: string,
  signal: AbortSignal,
): Promise<ContainerFacts | null> {
  const limits = { statuses: [200, 404], maxBytes: MAX_INSPECTION_BYTES, deadlineMs: INSPECT_MS };
  const what = `the inspection of container ${id.slice(0, 12)}`;
  const call = { method: 'GET', path: `/containers/${encodeURIComponent(id)}/json`, what, ...limits } as const;
  const { status, value } = await connection.call(call, signal);
  return status === 404 ? null : factsFromBody(value);
}
