/** The room that the open nodes of one pod have for tasks that reserve something, as places are taken and given back. Pure. */

export interface Resources {
  readonly nanoCpus: number;
  readonly memoryBytes: number;
}

/** A task that has a place on a node; one that waits for a node has the empty id. */
export interface Holder {
  readonly nodeId: string;
  readonly reserved: Resources;
}

export class PodRoom {
  /** Id of a node → what nobody has reserved there. */
  readonly #free: Map<string, Resources>;

  /** @param holders all tasks of the Swarm; those on other nodes do not count */
  constructor(nodes: readonly { readonly id: string; readonly resources: Resources }[], holders: readonly Holder[]) {
    this.#free = new Map(nodes.map(({ id, resources }) => [id, resources]));
    this.hold(holders);
  }

  hold(holders: readonly Holder[]): void {
    for (const { nodeId, reserved } of holders) this.#change(nodeId, reserved, -1);
  }

  release(holders: readonly Holder[]): void {
    for (const { nodeId, reserved } of holders) this.#change(nodeId, reserved, 1);
  }

  /** @returns how many tasks that reserve `each` find a place; Infinity: nothing is reserved */
  places(each: Resources): number {
    return [...this.#free.values()].reduce((sum, free) => sum + placesIn(free, each), 0);
  }

  /**
   * Takes places for as many of these tasks as find one. Each goes where it leaves the least, so that large tasks find room
   * later: Swarm packs no better.
   * @returns how many found none
   */
  take(each: Resources, count: number): number {
    if (isNothing(each)) return 0;
    for (let left = count; left > 0; left -= 1) {
      const [fullest] = [...this.#free]
        .filter(([, free]) => placesIn(free, each) > 0)
        .sort(([, one], [, other]) => placesIn(one, each) - placesIn(other, each));
      if (fullest === undefined) return left;
      this.#change(fullest[0], each, -1);
    }
    return 0;
  }

  #change(nodeId: string, { nanoCpus, memoryBytes }: Resources, sign: 1 | -1): void {
    const free = this.#free.get(nodeId);
    if (free === undefined) return;
    const changed = {
      nanoCpus: free.nanoCpus + sign * nanoCpus,
      memoryBytes: free.memoryBytes + sign * memoryBytes,
    };
    this.#free.set(nodeId, changed);
  }
}

export function isNothing({ nanoCpus, memoryBytes }: Resources): boolean {
  return nanoCpus === 0 && memoryBytes === 0;
}

/** The largest first: they find a place before small ones have filled all nodes a little. */
export function bySize(one: Resources, other: Resources): number {
  return other.memoryBytes - one.memoryBytes || other.nanoCpus - one.nanoCpus;
}

function placesIn(free: Resources, each: Resources): number {
  const placesOf = (of: keyof Resources): number =>
    each[of] === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.floor(free[of] / each[of]));
  return Math.min(placesOf('nanoCpus'), placesOf('memoryBytes'));
}
