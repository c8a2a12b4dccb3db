import { NetworkSet } from '../../core/networks.js';
import type { HeadLimits } from '../../http1/fields.js';
import type { ProxyVersion, Snapshot } from '../../snapshot/snapshot.js';
import { BleedMarks } from './bleed-marks.js';
import type { WorkerContext } from './worker-context.js';

/** The node-wide part of a snapshot, made ready to be asked. */
export class NodeContext {
  /** The address that slots are bound on. */
  readonly bind: string;
  /** The name of the node that health ports give. */
  readonly id: string;
  readonly isStopping: boolean;
  readonly peers: ReadonlySet<string>;
  readonly internal: NetworkSet;
  readonly head: HeadLimits;
  /** Version of the PROXY header towards neighbors, where slots demand one. */
  readonly neighborProxy: ProxyVersion;
  readonly hasVia: boolean;
  readonly marks: BleedMarks;

  constructor(snapshot: Snapshot, { clock, log }: Pick<WorkerContext, 'clock' | 'log'>) {
    this.bind = snapshot.bind;
    this.id = snapshot.nodeId;
    this.isStopping = snapshot.stopping;
    this.peers = new Set(snapshot.peers);
    this.internal = new NetworkSet(snapshot.internalNetworks);
    this.head = snapshot.head;
    this.neighborProxy = snapshot.neighborProxy;
    this.hasVia = snapshot.via;
    this.marks = new BleedMarks({ node: snapshot.node, nodeId: snapshot.nodeId, keys: snapshot.podKeys, clock, log });
  }
}
