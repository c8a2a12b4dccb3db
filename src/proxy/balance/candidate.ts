/** All that a policy knows of an instance. */
export interface Candidate {
  /** Of one value on all nodes, so that `source` leads to the same instance everywhere. */
  readonly id: string;
  /** Requests that it has under way from this worker. */
  readonly inFlight: number;
  /** Requests that it may have under way from this worker; Infinity for no limit. */
  readonly limit: number;
}
