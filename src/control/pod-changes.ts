import type { Log } from '../core/log.js';
import type { ListedNode, NodeRemarks } from '../neighbors/neighbor-source.js';
import { isCandidate } from '../neighbors/neighbor-source.js';
import { nodeChanges } from '../neighbors/node-changes.js';
import type { PlaneObserver } from './plane-observer.js';

interface PodChangesOptions {
  readonly log: Log;
  readonly observer: Pick<PlaneObserver, 'onNodes'>;
}

/** Says which nodes of the pod come and go, and why: in the log, and among the events that `why` shows. */
export class PodChanges {
  readonly #options: PodChangesOptions;
  /** null: no list has come yet. */
  #nodes: readonly ListedNode[] | null = null;

  constructor(options: PodChangesOptions) {
    this.#options = options;
  }

  /** The other nodes, as the newest list has them. */
  get nodes(): readonly ListedNode[] {
    return this.#nodes ?? [];
  }

  /** @param others addresses of the list, without this node */
  onList(others: readonly string[], remarks: NodeRemarks | null): void {
    const before = this.#nodes;
    const after = remarks?.nodes ?? others.map(listedAddress);
    this.#nodes = after;
    const { log, observer } = this.#options;
    if (before === null) {
      log.info(
        { nodes: after.map(({ name, addresses, remark }) => ({ name, addresses, remark })) },
        'the nodes of the pod',
      );
      return;
    }
    const gone = remarks === null ? 'it was removed from the list' : 'it is no longer registered';
    for (const { kind, name, addresses, text } of nodeChanges(before, after, gone)) {
      const level = kind === 'doubted' ? 'warn' : 'info';
      log[level]({ node: name, addresses, change: kind }, text);
      observer.onNodes(text);
    }
    if (before.some(isCandidate) && !after.some(isCandidate)) {
      log.warn(NOBODY_LEFT);
      observer.onNodes(NOBODY_LEFT);
    }
  }
}

const NOBODY_LEFT = 'no other node of the pod is left: this node has nowhere to bleed to';

function listedAddress(address: string): ListedNode {
  return { id: address, name: address, addresses: [address], standing: 'counted', remark: null };
}
