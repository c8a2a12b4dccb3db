import { setTimeout as delay } from 'node:timers/promises';
import type { AdminClient } from '../admin/client.js';
import { AdminClientError } from '../admin/client-error.js';
import type { InstanceStatus, StateDocument } from '../admin/state-document.js';
import { formatDuration } from '../core/durations.js';

const POLL_MS = 100;
/** A node that restarts is away for less; its decisions outlive that. */
const RESTART_MS = 10_000;

/**
 * Waits until nothing is under way at the instances that `isConcerned` names; one that is gone has nothing under way. A node
 * that restarts meanwhile is waited for.
 * @param signal ends the wait
 * @returns how many requests and tunnels are left at the end
 * @throws AdminClientError when the node is away for longer, or at the end
 */
export async function waitForIdle(
  client: AdminClient,
  isConcerned: (app: string, instance: InstanceStatus) => boolean,
  waitMs: number,
  signal?: AbortSignal,
): Promise<number> {
  const deadlineMs = performance.now() + waitMs;
  let awaySince = Number.POSITIVE_INFINITY;
  for (;;) {
    const state = await client.readState().catch((error: unknown): StateDocument | null => {
      const now = performance.now();
      awaySince = Math.min(awaySince, now);
      const isOver = now >= Math.min(deadlineMs, awaySince + RESTART_MS) || signal?.aborted === true;
      if (isOver || !(error instanceof AdminClientError) || error.kind === 'refused') throw error;
      return null;
    });
    if (state === null) {
      await pause(deadlineMs, signal);
      continue;
    }
    awaySince = Number.POSITIVE_INFINITY;
    const { apps } = state;
    const concerned = apps.flatMap(({ name, instances }) => instances.filter((one) => isConcerned(name, one)));
    const left = concerned.reduce((sum, { inFlight }) => sum + inFlight, 0);
    if (left === 0 || performance.now() >= deadlineMs || signal?.aborted === true) return left;
    await pause(deadlineMs, signal);
  }
}

async function pause(deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(Math.min(POLL_MS, Math.max(1, deadlineMs - performance.now())), undefined, { signal }).catch(() => {});
}

/** @param fate what became of those that were under way for longer */
export function leftLines(left: number, waitMs: number, fate: string): readonly string[] {
  return [
    `autoproxy: ${left} still under way after ${formatDuration(waitMs)}; ${fate}`,
    '  → give them longer with --wait TIME',
  ];
}
