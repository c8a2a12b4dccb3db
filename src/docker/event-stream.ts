/** The engine's events, for as long as one answer lasts. */
import { escapeText } from '../model/problem.js';
import type { DockerConnection } from './connection.js';
import { failureFrom } from './connection-failures.js';
import { EventLines } from './event-lines.js';
import { type EngineEvent, EVENT_FILTERS, eventFromLine } from './events.js';
import { DockerFailure } from './failure.js';

interface EventListener {
  onEvent(event: EngineEvent): void;
  /** An event was too large to be read: something happened to some container. */
  onOversize(): void;
}

/** An event repeats the labels of its container. */
const MAX_EVENT_BYTES = 4_194_304;
/** Until the engine has answered; the events themselves may come at any time. */
const OPEN_MS = 5_000;
const MAX_SHOWN_LENGTH = 80;

/**
 * Opens the stream: what happens from then on is told.
 * @returns a promise for why the stream ended, which is never rejected
 * @throws DockerFailure when it cannot be opened
 */
export async function openEventStream(
  connection: DockerConnection,
  signal: AbortSignal,
  listener: EventListener,
): Promise<{ readonly ended: Promise<DockerFailure> }> {
  const path = `/events?filters=${encodeURIComponent(EVENT_FILTERS)}`;
  const body = await connection.open({ method: 'GET', path, what: 'the event stream', deadlineMs: OPEN_MS }, signal);
  return { ended: followEvents(body, connection, listener) };
}

async function followEvents(
  body: AsyncIterable<Buffer>,
  { endpoint }: DockerConnection,
  listener: EventListener,
): Promise<DockerFailure> {
  const lines = new EventLines(MAX_EVENT_BYTES);
  try {
    for await (const piece of body) {
      for (const line of lines.add(piece)) tell(line, endpoint.url, listener);
    }
  } catch (error) {
    return failureFrom(error, endpoint);
  }
  return new DockerFailure('cut', `Docker at ${endpoint.url} ended its event stream`);
}

function tell(line: string | null, url: string, listener: EventListener): void {
  if (line === null) {
    listener.onOversize();
    return;
  }
  let event: EngineEvent | null;
  try {
    event = eventFromLine(line);
  } catch (error) {
    const shown = escapeText(line.slice(0, MAX_SHOWN_LENGTH));
    throw new DockerFailure(
      'malformed',
      `the event stream of Docker at ${url} holds what is not JSON: ${shown}`,
      error,
    );
  }
  if (event !== null) listener.onEvent(event);
}
