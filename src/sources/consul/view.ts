/** What the catalogue shows of this node, judged as a whole: whether it can be believed, and what is hidden from us. */
import type { CheckEntry, NodeServices } from '../../consul/answers.js';
import type { Answer } from '../../consul/reads.js';
import { nodeRight } from '../../consul/reads.js';
import { NODE_SERVICE } from '../../consul/settings.js';
import type { Problem } from '../../model/problem.js';
import { type NodeCatalogue, nodeCatalogue, type PastWords } from './catalogue.js';

/** Services and checks, the services read first. */
export interface NodeView {
  readonly services: Answer<NodeServices | null>;
  readonly checks: Answer<readonly CheckEntry[]>;
}

/** Where Consul stood when it said something of services and of checks. */
export interface NodeIndexes {
  readonly services: number;
  readonly checks: number;
}

export const NO_INDEXES: NodeIndexes = { services: 0, checks: 0 };

/** The view is of a time before what is known already: of another server that lags, or of one that has lost its state. */
export function isBehind({ services, checks }: NodeView, known: NodeIndexes): boolean {
  return services.index < known.services || checks.index < known.checks;
}

export function catalogueFrom(node: string, { services, checks }: NodeView, past: PastWords): NodeCatalogue {
  return nodeCatalogue(node, services.value, checks.value, past);
}

/** This node registers itself; a catalogue that has lost that has lost more. */
export function hasForgottenNode(previous: NodeView | null, next: NodeView): boolean {
  return previous !== null && hasOwnService(previous) && !hasOwnService(next);
}

function hasOwnService({ services }: NodeView): boolean {
  return services.value?.services.some(({ name }) => name === NODE_SERVICE) === true;
}

/** A token without rights sees less, and Consul does not call that an error. */
export function viewProblems(node: string, { services, checks }: NodeView): Problem[] {
  const warn = (message: string, hint: string): Problem[] => [
    { severity: 'warning', app: null, file: 'consul', line: null, col: null, message, hint },
  ];
  if (services.value === null) {
    return warn(
      `Consul shows no node ${node}`,
      `name its agent with --consul-node, or give the token the right ${nodeRight(node)}`,
    );
  }
  if (services.isFiltered || checks.isFiltered) {
    return warn(`Consul hides a part of node ${node}`, `give the token the right ${nodeRight(node)}`);
  }
  return [];
}
