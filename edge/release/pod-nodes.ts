/** The file of a release that says which nodes Consul named when it was rendered. HAProxy does not read it; the next start does. */
import type { PodNodes } from '../site/site.js';
import { linesOf, type Release } from './release.js';

export const NODES_FILE = 'nodes.txt';

/** `alpha 10.0.0.1`, one for each node of each pod, sorted. */
export function linesFromNodes(nodes: PodNodes): readonly string[] {
  return [...nodes].flatMap(([pod, addresses]) => addresses.map((address) => `${pod} ${address}`)).sort();
}

export function nodesFromLines(lines: Iterable<string>): PodNodes {
  const nodes = new Map<string, string[]>();
  for (const line of [...lines].sort()) {
    const [pod = '', address = ''] = line.split(' ');
    const own = nodes.get(pod);
    if (own === undefined) nodes.set(pod, [address]);
    else own.push(address);
  }
  return nodes;
}

/** Empty when the servers do not come from Consul, or before the first release. */
export function nodesOfRelease(release: Release | null): PodNodes {
  return nodesFromLines(linesOf(release?.files.get(NODES_FILE) ?? ''));
}
