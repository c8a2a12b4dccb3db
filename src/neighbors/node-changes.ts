/** What became of the nodes of a pod from one list to the next, in words. Pure. */
import { isCandidate, type ListedNode } from './neighbor-source.js';

interface NodeChange {
  readonly kind: 'joined' | 'left' | 'doubted' | 'trusted' | 'moved';
  readonly name: string;
  readonly addresses: readonly string[];
  /** Such as `node-b (10.0.0.2) left the pod: it is no longer registered`. */
  readonly text: string;
}

/** @param goneText why a node is missing that the list before had */
export function nodeChanges(
  before: readonly ListedNode[],
  after: readonly ListedNode[],
  goneText: string,
): readonly NodeChange[] {
  const old = new Map(before.map((node) => [node.id, node]));
  const changes: NodeChange[] = [];
  for (const node of after) {
    const earlier = old.get(node.id);
    old.delete(node.id);
    const kind = kindOf(earlier, node);
    // Of a node that has no address any more, those that it had say which one is meant.
    if (kind !== null) changes.push(changeFrom(node, kind, earlier?.addresses ?? [], node.remark));
  }
  for (const node of old.values()) if (isCandidate(node)) changes.push(changeFrom(node, 'left', [], goneText));
  return changes;
}

function kindOf(before: ListedNode | undefined, after: ListedNode): NodeChange['kind'] | null {
  const wasCandidate = before !== undefined && isCandidate(before);
  if (!isCandidate(after)) return wasCandidate ? 'left' : null;
  if (!wasCandidate) return 'joined';
  if (before.standing !== after.standing) return after.standing === 'doubted' ? 'doubted' : 'trusted';
  return before.addresses.join() === after.addresses.join() ? null : 'moved';
}

function changeFrom(
  { name, addresses }: ListedNode,
  kind: NodeChange['kind'],
  lastAddresses: readonly string[],
  reason: string | null,
): NodeChange {
  const shown = addresses.length > 0 ? addresses : lastAddresses;
  const isNamed = name !== shown.join();
  const who = isNamed && shown.length > 0 ? `${name} (${shown.join(', ')})` : name;
  const text = {
    joined: `${who} joined the pod${reason === null ? '' : `, though ${reason}`}`,
    left: `${who} left the pod: ${reason ?? 'it has no usable address'}`,
    doubted: `${who} is doubted: ${reason}; it stays a neighbor, with one more node as a reserve`,
    trusted: `${who} is no longer doubted`,
    moved: `${who} has other addresses`,
  }[kind];
  return { kind, name, addresses: shown, text };
}
