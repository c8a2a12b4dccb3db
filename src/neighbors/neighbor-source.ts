import type { Problem } from '../model/problem.js';

/** Says which addresses the nodes of the pod have; whole lists, of which the newest counts. */
export interface NeighborSource {
  /** `onAddresses` is called with each new list, the first one as soon as it is known. Never with a list that failed. */
  start(onAddresses: OnAddresses): void;
  refresh(): void;
  stop(): Promise<void>;
}

/** @param remarks absent: the source knows nothing but addresses */
export type OnAddresses = (addresses: readonly string[], remarks?: NodeRemarks) => void;

/** What a source knows of the nodes of the pod beyond the list of their addresses. */
export interface NodeRemarks {
  /** All nodes that it names but this one, also those whose addresses are not in the list. */
  readonly nodes: readonly ListedNode[];
  /** What is wrong in what it says, for people. */
  readonly problems: readonly Problem[];
}

export interface ListedNode {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Empty while it has none that can be used. */
  readonly addresses: readonly string[];
  /**
   * counted: a node like any other. doubted: something speaks against it, and this node's own checks decide: it is asked,
   * and one more node with it. leftOut: somebody took it out on purpose, and its addresses are not in the list.
   */
  readonly standing: 'counted' | 'doubted' | 'leftOut';
  /** Why it is doubted or left out; null: nothing speaks against it. */
  readonly remark: string | null;
}

/** Whether it is one of those that may take the bleed. */
export function isCandidate({ standing, addresses }: ListedNode): boolean {
  return standing !== 'leftOut' && addresses.length > 0;
}
