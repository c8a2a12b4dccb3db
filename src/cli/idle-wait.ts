import { setTimeout as delay } from 'node:timers/promises';
import type { AdminClient } from '../admin/client.js';
import type { InstanceStatus } from '../admin/state-document.js';

const POLL_MS = 100;

/**
 * Waits until nothing is under way at the instances that `isConcerned` names; one that is gone has nothing under way.
 * @param signal ends the wait
 * @returns how many requests and tunnels are left at the end
 */
export async function waitForIdle(
  client: AdminClient,
  isConcerned: (app: string, instance: InstanceStatus) => boolean,
  waitMs: number,
  signal?: AbortSignal,
): Promise<number> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    const { apps } = await client.readState();
    const concerned = apps.flatMap(({ name, instances }) => instances.filter((one) => isConcerned(name, one)));
    const left = concerned.reduce((sum, { inFlight }) => sum + inFlight, 0);
    if (left === 0 || performance.now() >= deadlineMs || signal?.aborted === true) return left;
    await delay(Math.min(POLL_MS, Math.max(1, deadlineMs - performance.now())), undefined, { signal }).catch(() => {});
  }
}
