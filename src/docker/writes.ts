/** The one thing that is asked of the engine and changes something; a person asks for it, never a node. */
import type { DockerConnection } from './connection.js';

const MAX_ANSWER_BYTES = 65_536;
/** Beyond the time that the container has: the engine cleans up after it. */
const STOP_MARGIN_MS = 20_000;

/** Of a container whose own time is not known here. */
const MOST_SECONDS = 600;

/** `stopped`: by this call; `over`: it did not run; `unknown`: there is no such container. */
type StopResult = 'stopped' | 'over' | 'unknown';

/**
 * As `docker stop`: its stop signal, and SIGKILL after the time. Resolves when it has ended.
 * @param id name or id
 * @param seconds until SIGKILL; null: what the container was made with, else 10
 * @throws DockerFailure
 */
export async function stopContainer(
  connection: DockerConnection,
  id: string,
  seconds: number | null,
  signal: AbortSignal,
): Promise<StopResult> {
  const query = seconds === null ? '' : `?t=${seconds}`;
  const deadlineMs = (seconds ?? MOST_SECONDS) * 1_000 + STOP_MARGIN_MS;
  const limits = { statuses: [204, 304, 404], maxBytes: MAX_ANSWER_BYTES, deadlineMs };
  const path = `/containers/${encodeURIComponent(id)}/stop${query}`;
  const { status } = await connection.call(
    { method: 'POST', path, what: `the stop of container ${id}`, ...limits },
    signal,
  );
  if (status === 404) return 'unknown';
  return status === 304 ? 'over' : 'stopped';
}
