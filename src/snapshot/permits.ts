/**
 * The limit of an instance is for the node, and each worker is a process of its own. A permit is the right to have one
 * request under way at one instance: the primary holds as many as the limit says, and lends them to the workers. What
 * they say to each other of it; plain data that survives JSON.
 */

/** From a worker to the primary: what has changed for one app since it last said so. */
export interface PermitChanges {
  readonly app: string;
  /** Given back: by instance, how many. */
  readonly returned: readonly PermitCount[];
  /** In use without having been lent, since they were begun when there was no limit. */
  readonly taken: readonly PermitCount[];
  /** Instances of which one more permit would be useful, though no request waits for it. */
  readonly wished: readonly string[];
  readonly wants: readonly PermitWant[];
}

type PermitCount = readonly [instance: string, count: number];

/** Requests that wait for a permit of any of some instances. */
export interface PermitWant {
  /** Names the want; of the worker, never used twice. */
  readonly id: number;
  readonly instances: readonly string[];
  /** How many more wait than when it was last told; below zero when there are fewer. */
  readonly more: number;
}

/** From the primary to a worker. */
export interface PermitNotice {
  readonly app: string;
  readonly instance: string;
  /** Lent with this notice; may be 0. */
  readonly count: number;
  /** The want that it was lent for; 0 for no want. */
  readonly want: number;
  /** Other workers wait for permits of this instance, or did a moment ago: those not in use are to be given back. */
  readonly isContended: boolean;
  /** For how long a request of another worker has waited; null for none. A permit that gets free goes to the longest wait. */
  readonly othersWaitedMs: number | null;
  /** More are lent than the limit now allows: a permit is given back when its request ends, even if others wait here. */
  readonly isExceeded: boolean;
}
