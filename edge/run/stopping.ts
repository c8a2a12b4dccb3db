/**
 * Ends HAProxy. Each step may find that it was done before, by an `edge run` that did not come to its end.
 *
 *   probe fails ──lame duck──► states saved ──► USR1: no new clients ──drain time──► TERM ──► KILL
 *        └──────────────────────── now ─────────────────────────────────────────────► TERM ──► KILL
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../src/core/log.js';
import type { Applier } from '../apply/apply.js';
import { SocketFailure } from '../haproxy/control-socket.js';
import type { Master, MasterState } from '../haproxy/master.js';
import { factsOf, findChildren, sendSignal } from '../haproxy/processes.js';
import { type Runtime, RuntimeRefusal } from '../haproxy/runtime.js';

/** The frontend that balancers probe. */
const HEALTH_FRONTEND = 'fe_health';
const ANSWER_MS = 2_000;
const LOOK_MS = 50;

interface StoppingParts {
  readonly applier: Applier;
  readonly master: Master;
  readonly runtime: Runtime;
  readonly log: Log;
  /** Process id of the HAProxy that was started here; null when another process started it. */
  readonly childPid: number | null;
  /** Process id of the master that last answered; null when none did. */
  readonly knownPid: number | null;
}

export interface StopTimes {
  /** Traffic is served as before, while the probe fails. */
  readonly lameDuckMs: number;
  /** What is not done by then is cut. */
  readonly deadlineMs: number;
  /** Aborted: everything is cut at once. */
  readonly now: AbortSignal;
}

/** Resolves when HAProxy is gone, or was killed. */
export async function stopHaproxy(parts: StoppingParts, times: StopTimes): Promise<void> {
  const { applier, log, childPid } = parts;
  const { lameDuckMs, deadlineMs, now } = times;
  const found = await stateOf(parts.master);
  const masterPid =
    typeof found === 'object' ? found.masterPid : (childPid ?? (found === 'silent' ? parts.knownPid : null));
  if (masterPid === null) return;
  if (typeof found === 'object' && !now.aborted && (await canDrain(parts, masterPid))) {
    await failProbe(parts);
    log.info({ lameDuckMs }, 'HAProxy is draining');
    await delay(lameDuckMs, undefined, { signal: now }).catch(() => undefined);
    if (!now.aborted) {
      await applier.saveServerState();
      sendSignal(masterPid, 'SIGUSR1');
      if (await isGoneWithin(parts, masterPid, deadlineMs, now)) return;
      if (!now.aborted) log.warn({ deadlineMs }, 'HAProxy did not end in time; remaining connections are cut');
    }
  }
  if (now.aborted) log.warn('stopping now');
  sendSignal(masterPid, 'SIGTERM');
  // A master that was reloaded just before may lose it, and a worker that stands still takes it when it runs again.
  if (await isGoneWithin(parts, masterPid, ANSWER_MS)) return;
  const workers = await findChildren(masterPid);
  for (const pid of [masterPid, ...workers]) sendSignal(pid, 'SIGKILL');
}

/** A worker that stands still can't serve on, nor end by itself: to wait for it, and for its answers, has no use. */
async function canDrain({ runtime, log }: StoppingParts, masterPid: number): Promise<boolean> {
  for (const pid of await findChildren(masterPid)) {
    if ((await factsOf(pid))?.state === 'T') sendSignal(pid, 'SIGCONT');
  }
  try {
    await runtime.workerPid(ANSWER_MS);
    return true;
  } catch (error) {
    if (!(error instanceof SocketFailure) || error.isAbsent) return true;
    log.warn({ reason: error.message }, 'HAProxy does not answer, so it cannot drain; its connections are cut');
    return false;
  }
}

/** A HAProxy that does not answer can still be ended. */
async function failProbe({ runtime, log }: StoppingParts): Promise<void> {
  try {
    await runtime.disableFrontend(HEALTH_FRONTEND);
  } catch (error) {
    if (!(error instanceof SocketFailure || error instanceof RuntimeRefusal)) throw error;
    log.warn({ reason: error.message }, 'disabling the health frontend failed');
  }
}

async function isGoneWithin(
  { master, childPid }: StoppingParts,
  masterPid: number,
  timeoutMs: number,
  now: AbortSignal | null = null,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && now?.aborted !== true) {
    if (!sendSignal(masterPid, 0)) return true;
    // Where nobody asks for the exit code of one that was adopted, its process id stays; its socket does not.
    if (masterPid !== childPid && (await stateOf(master)) === 'absent') return true;
    await delay(LOOK_MS);
  }
  return false;
}

async function stateOf(master: Master): Promise<MasterState | 'absent' | 'silent'> {
  try {
    return await master.state(ANSWER_MS);
  } catch (error) {
    if (!(error instanceof SocketFailure)) throw error;
    return error.isAbsent ? 'absent' : 'silent';
  }
}
