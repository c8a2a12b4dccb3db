/** Where the traffic of a slot goes, as the workers see it in the snapshot. Pure. */
import type { InstanceSnapshot, SlotSnapshot } from '../snapshot/snapshot.js';

export type TrafficWay =
  | { readonly kind: 'instances'; readonly usable: number }
  /** The bleed. */
  | { readonly kind: 'neighbors'; readonly hosts: readonly string[]; readonly why: string }
  /** Clients get 503; of protocol tcp, their connections are closed. */
  | { readonly kind: 'nobody'; readonly why: string };

export function trafficWayOf({ instances, neighbors }: SlotSnapshot): TrafficWay {
  const usable = instances.filter(isUsable).length;
  if (usable > 0) return { kind: 'instances', usable };
  const why = whyUnusable(instances);
  const hosts = neighbors.filter(({ up }) => up).map(({ host }) => host);
  if (hosts.length > 0) return { kind: 'neighbors', hosts, why };
  const others = neighbors.length === 0 ? 'this node has no neighbor' : `all neighbors are down (${neighbors.length})`;
  return { kind: 'nobody', why: `${why}, and ${others}` };
}

export function isUsable({ up, state, weight }: InstanceSnapshot): boolean {
  return up && state === 'ready' && weight > 0;
}

export function isSameWay(a: TrafficWay, b: TrafficWay): boolean {
  if (a.kind !== b.kind) return false;
  return a.kind !== 'neighbors' || b.kind !== 'neighbors' || a.hosts.join() === b.hosts.join();
}

function whyUnusable(instances: readonly InstanceSnapshot[]): string {
  if (instances.length === 0) return 'it has no instance';
  const counts = new Map<string, number>();
  for (const instance of instances) {
    const reason = stateText(instance);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ');
  return `no instance is usable (${parts})`;
}

/** What an operator wants goes before what was measured: it would stay when the instance came up. */
function stateText({ state, weight }: InstanceSnapshot): string {
  if (state === 'maint') return 'in maintenance';
  if (state === 'drain') return 'drained';
  return weight === 0 ? 'with weight 0' : 'down';
}
