/**
 * Takes over a HAProxy that runs already, and makes of it a front door that serves. An `edge run` that was killed may have
 * left it at any step of its stop:
 *
 *   health frontend paused ──► enabled again
 *   asked to end (USR1), clients at work ──► a reload: the new worker binds, the old one finishes what it has begun
 *   asked to end, nobody at work ──► gone by itself; it is started anew
 */
import type { Log } from '../../src/core/log.js';
import type { Applier } from '../apply/apply.js';
import type { Master } from '../haproxy/master.js';
import type { Runtime } from '../haproxy/runtime.js';

interface AdoptionParts {
  readonly applier: Applier;
  readonly master: Master;
  readonly runtime: Runtime;
  readonly log: Log;
}

/**
 * @param workerPid of the newest worker
 * @returns whether it serves now; false: look again
 * @throws SocketFailure; RuntimeRefusal when a frontend can't be enabled, with what HAProxy says
 */
export async function adoptHaproxy(
  { applier, master, runtime, log }: AdoptionParts,
  workerPid: number,
): Promise<boolean> {
  if (await master.isStopping(workerPid)) {
    const { isDone, output } = await applier.restart();
    if (isDone) log.warn('HAProxy had been asked to end; it was reloaded, so that it serves again');
    else log.error({ output }, 'HAProxy had been asked to end, and does not take a reload');
    return false;
  }
  for (const name of await runtime.pausedFrontends()) {
    await runtime.enableFrontend(name);
    log.warn({ frontend: name }, 'a frontend of HAProxy was paused, as a stop leaves it; it is enabled again');
  }
  return true;
}
