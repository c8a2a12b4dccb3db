import type { NeighborSource } from './neighbor-source.js';

/** `--neighbors`: what somebody said once and for all. */
export class ListedNeighbors implements NeighborSource {
  readonly #addresses: readonly string[];

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  start(onAddresses: (addresses: readonly string[]) => void): void {
    onAddresses(this.#addresses);
  }

  refresh(): void {}

  async stop(): Promise<void> {}
}
