/** To which pods of an app the front door sends. Pure. */
import type { AppDefinition } from './app-definition.js';

type WaysIn = Pick<AppDefinition, 'pods' | 'edge'>;

/** @returns sorted as `pods`; empty: no request comes to the app, as if it had no routes */
export function openPods({ pods, edge }: WaysIn): readonly string[] {
  if (edge === null || edge.isClosed) return [];
  return pods.filter((pod) => !edge.heldPods.includes(pod));
}

/** The front door keeps the servers of an app without an open pod, and checks them: when a pod opens, their health is known. */
export function serverPods(app: WaysIn): readonly string[] {
  const open = openPods(app);
  return open.length > 0 ? open : app.pods;
}
