/** Whether an image can be had: by the engine itself, or from its registry. */
import type { DockerConnection } from './connection.js';
import { DockerFailure } from './failure.js';

const MAX_ANSWER_BYTES = 16_777_216;
const LOOK_MS = 10_000;
/** The engine asks the registry, and waits for a host that does not answer. */
const REGISTRY_MS = 15_000;

/** @throws DockerFailure */
export async function hasImage(connection: DockerConnection, image: string, signal: AbortSignal): Promise<boolean> {
  const what = `the inspection of image ${image}`;
  const limits = { statuses: [200, 404], maxBytes: MAX_ANSWER_BYTES, deadlineMs: LOOK_MS };
  const call = { method: 'GET', path: `/images/${encodeURIComponent(image)}/json`, what, ...limits } as const;
  return (await connection.call(call, signal)).status === 200;
}

/**
 * Asks the registry of an image, by way of the engine (API 1.30).
 * @param registryAuth the password for it; null: none
 * @returns why it does not give the image, in the engine's words; null: it does
 * @throws DockerFailure when the engine itself does not answer
 */
export async function registryRefusal(
  connection: DockerConnection,
  image: string,
  registryAuth: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  const what = `the question to the registry of ${image}`;
  const limits = { statuses: [200, 400, 401, 403, 404, 500], maxBytes: MAX_ANSWER_BYTES, deadlineMs: REGISTRY_MS };
  const path = `/distribution/${encodeURIComponent(image)}/json`;
  const call = { method: 'GET', path, what, registryAuth, ...limits } as const;
  try {
    const { status, said } = await connection.call(call, signal);
    return status === 200 ? null : said || `status ${status}`;
  } catch (error) {
    if (error instanceof DockerFailure && error.kind === 'late') return `no answer within ${REGISTRY_MS / 1_000} s`;
    throw error;
  }
}
