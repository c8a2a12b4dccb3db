/** Whether a view of this node shows less because less may be seen: then it says nothing of what is there. */
import { ConsulFailure } from '../../consul/failure.js';
import { nodeRight } from '../../consul/reads.js';
import type { NodeView } from './view.js';

/**
 * A token that loses a right is answered with less, not with a refusal, and the node itself leaves the catalogue only
 * when its agent does. Neither means that an instance has gone, so what was seen last stays for as long as this lasts.
 * @param previous what was seen last; null: nothing yet, and then there is nothing to lose
 * @throws ConsulFailure of the kind `denied`
 */
export function refuseHiddenView(node: string, previous: NodeView | null, next: NodeView): void {
  if (previous === null) return;
  const isGone = next.services.value === null && previous.services.value !== null;
  if (!isGone && !(isFiltered(next) && !isFiltered(previous))) return;
  const lost = `the token has lost the right ${nodeRight(node)}`;
  const message = isGone
    ? `Consul shows no node ${node} any more: its agent has left, or ${lost}`
    : `Consul hides a part of node ${node} now: ${lost}`;
  throw new ConsulFailure('denied', message);
}

/** Only Consul 1.11 and newer says so. */
function isFiltered({ services, checks }: NodeView): boolean {
  return services.isFiltered || checks.isFiltered;
}
