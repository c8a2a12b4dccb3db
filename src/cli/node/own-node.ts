/** The node of this machine as a node of the Swarm. */
import { hostname } from 'node:os';
import type { StateDocument } from '../../admin/state-document.js';
import { isRefusal } from '../../core/refusal.js';
import { escapeText } from '../../model/problem.js';
import type { SwarmView } from '../../placement/swarm.js';
import { nodeNamed } from '../../placement/swarm-node.js';
import { CommandFailure } from '../exit-codes.js';

type SwarmNode = SwarmView['nodes'][number];

/**
 * @param word as it was named; undefined: the name of the node that answers, or that of this machine
 * @throws CommandFailure when the Swarm has no such node
 */
export function ownNode(
  nodes: readonly SwarmNode[],
  word: string | undefined,
  state: Pick<StateDocument, 'node'>,
): SwarmNode {
  const words = word === undefined ? [state.node, hostname()] : [word];
  const found = words.map((one) => nodeNamed(nodes, one));
  const node = found.find((one): one is SwarmNode => !isRefusal(one));
  if (node !== undefined) return node;
  const [first] = found;
  if (first === undefined || !isRefusal(first)) throw new TypeError('a word has an answer');
  throw new CommandFailure(escapeText(first.message), escapeText(first.hint));
}
