import { hostPort } from '../../core/networks.js';
import type { NeighborSnapshot, ProxyVersion } from '../../snapshot/snapshot.js';
import type { PickRequest } from '../balance/picker.js';
import { Instance } from './instance.js';

/** The neighbors of one slot. Those that answer take turns. */
export class Neighbors {
  #neighbors: Instance[] = [];
  #next: number;

  /** @param offset so that workers begin at different ones */
  constructor(offset: number) {
    this.#next = offset;
  }

  /** @returns those that take nothing any more. */
  apply(specs: readonly NeighborSnapshot[], port: number): readonly Instance[] {
    const known = new Map(this.#neighbors.map((neighbor) => [neighbor.host, neighbor]));
    this.#neighbors = specs.map((spec) => {
      const neighbor = known.get(spec.host) ?? new Instance(hostPort(spec.host, port), spec.host, port, true);
      known.delete(spec.host);
      neighbor.isUp = spec.up;
      neighbor.localAddress = spec.localAddress;
      neighbor.node = spec.node;
      return neighbor;
    });
    for (const gone of known.values()) {
      gone.isRemoved = true;
      gone.closeIdle();
    }
    return [...known.values(), ...this.#neighbors.filter(({ isUp }) => !isUp)];
  }

  choose({ tried }: PickRequest<Instance>): Instance | null {
    const count = this.#neighbors.length;
    for (let step = 0; step < count; step += 1) {
      const neighbor = this.#neighbors[(this.#next + step) % count];
      if (neighbor?.isUp === true && tried?.includes(neighbor) !== true) {
        this.#next += step + 1;
        return neighbor;
      }
    }
    return null;
  }

  /** @param version the PROXY header that they demand */
  setProxyVersion(version: ProxyVersion): void {
    for (const neighbor of this.#neighbors) neighbor.proxyVersion = version;
  }

  closeIdle(): void {
    for (const neighbor of this.#neighbors) neighbor.closeIdle();
  }
}
