import { addressOf, type ServiceNode } from '../consul/answers.js';
import { parseAddress } from '../core/networks.js';

export interface PodNodes {
  /** What counts from now on, sorted. */
  readonly addresses: readonly string[];
  /** This node stands in the catalogue. */
  readonly hasSelf: boolean;
}

/**
 * The nodes of the pod whose checks pass. A catalogue that does not even know this node is not complete: by such an answer
 * nobody is removed.
 * @param ownId id of this node's own registration
 * @param previous the list in force
 */
export function podNodesFrom(nodes: readonly ServiceNode[], ownId: string, previous: readonly string[]): PodNodes {
  const hasSelf = nodes.some(({ service }) => service.id === ownId);
  const passing = nodes
    .filter(({ service, checks }) => service.id !== ownId && checks.every(({ status }) => status === 'passing'))
    .map(addressOf)
    .filter((address) => parseAddress(address) !== null);
  const addresses = new Set(hasSelf ? passing : [...previous, ...passing]);
  return { addresses: [...addresses].sort(), hasSelf };
}
