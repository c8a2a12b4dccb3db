/** Says which addresses the nodes of the pod have; whole lists, of which the newest counts. */
export interface NeighborSource {
  /** `onAddresses` is called with each new list, the first one as soon as it is known. Never with a list that failed. */
  start(onAddresses: (addresses: readonly string[]) => void): void;
  refresh(): void;
  stop(): Promise<void>;
}
