/** What Consul says of the nodes of the pod, judged. Pure. */
import { addressOf, type CheckEntry, type ServiceNode } from '../consul/answers.js';
import { isMaintenance } from '../consul/checks.js';
import { escapeText } from '../model/problem.js';
import type { ListedNode } from './neighbor-source.js';

/** Reasons that people give may be long. */
const MAX_REASON_LENGTH = 120;

/** This node, in the catalogue. */
export interface OwnRegistration {
  /** Id of the service. */
  readonly id: string;
  /** Name of the agent that it is registered with. */
  readonly agent: string;
}

/** Another node, as it registered itself. */
export interface RegisteredNode extends Pick<ListedNode, 'id' | 'name' | 'standing' | 'remark'> {
  /** An address, or a name. */
  readonly host: string;
}

/**
 * The other nodes of the pod, sorted by id. Each stays one for as long as it is registered: which of them take the bleed is
 * decided by this node's own checks of slot + 1, which say more than Consul's. The slots may serve while a check
 * warns, while the agent is dead (`serfHealth`), and while `/ready` fails. Only maintenance counts: an operator wants it.
 *
 * @param previous the nodes in force
 * @param doubt why the answer may lack what is there, as a remark on the nodes that are kept; null: it is whole
 */
export function podNodesFrom(
  answer: readonly ServiceNode[],
  own: OwnRegistration,
  previous: readonly RegisteredNode[],
  doubt: string | null,
): readonly RegisteredNode[] {
  const selves = selvesIn(answer, own);
  const others = answer.filter((found) => !selves.includes(found)).map(nodeFrom);
  const known = new Set(others.map(({ id }) => id));
  const missing = previous.filter(({ id }) => !known.has(id));
  const kept = doubt === null ? [] : missing.map((node) => (node.standing === 'leftOut' ? node : doubted(node, doubt)));
  return [...kept, ...others].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whether this node stands in the catalogue. An answer that does not even know the node that asks is not whole. */
export function isShown(answer: readonly ServiceNode[], own: OwnRegistration): boolean {
  return selvesIn(answer, own).length > 0;
}

/** Another machine whose node has the same name, as a clone has, is another node. */
function selvesIn(answer: readonly ServiceNode[], { id, agent }: OwnRegistration): readonly ServiceNode[] {
  const named = answer.filter(({ service }) => service.id === id);
  const ofAgent = named.filter(({ node }) => node.toLowerCase() === agent.toLowerCase());
  return ofAgent.length > 0 ? ofAgent : named;
}

function doubted(node: Omit<RegisteredNode, 'standing' | 'remark'>, remark: string): RegisteredNode {
  return { ...node, standing: 'doubted', remark };
}

function nodeFrom(found: ServiceNode): RegisteredNode {
  const { service, checks } = found;
  const name = escapeText(service.meta.node ?? service.id);
  const node = { id: `${found.node} ${service.id}`, name, host: addressOf(found) };
  const maintenance = checks.find(isMaintenance);
  if (maintenance !== undefined) return { ...node, standing: 'leftOut', remark: maintenanceText(maintenance) };
  const critical = checks.find(({ status }) => status === 'critical');
  if (critical === undefined) return { ...node, standing: 'counted', remark: null };
  return doubted(node, `check ${escapeText(critical.id)} is critical`);
}

function maintenanceText({ serviceId, notes }: CheckEntry): string {
  const what = serviceId === '' ? 'its machine is in maintenance' : 'it is in maintenance';
  const reason = notes.trim().slice(0, MAX_REASON_LENGTH);
  return reason === '' ? what : `${what}: ${escapeText(reason)}`;
}
