import type { Config } from '../config/config.js';
import type { Clock } from '../core/clock.js';
import { canonicalAddress } from '../core/networks.js';
import type { CheckTarget, HealthChecker } from '../health/checker.js';
import type { App } from '../model/app.js';
import { pickNeighbors } from '../neighbors/ring.js';
import { sourceAddressTo } from '../neighbors/source-address.js';
import type { NeighborSnapshot } from '../snapshot/snapshot.js';
import { neighborKey, neighborTarget } from './check-targets.js';
import { isOwnAddress, machineAddresses, ownAddressOf } from './own-address.js';

/** Neighbors that take the bleed. */
const PICKED = 2;
/** With those that are doubted: were the whole pod in doubt, all of it would be asked for each app. */
const MAX_PICKED = 4;
/** How often to look whether this machine has `--ip`: a shared address moves from one machine to another. */
const LOOK_MS = 2_000;

interface PodNodesOptions {
  readonly config: Config;
  /** What this node calls itself at its health ports. */
  readonly nodeId: string;
  readonly checker: HealthChecker;
  readonly clock: Clock;
  /** The machine got or lost the address that neighbors are asked from. */
  readonly onOtherSource: () => void;
}

/**
 * The nodes of the pod, by their addresses: which of them take the bleed, and from where they are asked. A node may stand in
 * the list under several addresses, as one with IPv4 and IPv6 does, and this one under an address that it does not know,
 * as behind NAT: the health ports say who answers there.
 */
export class PodNodes {
  readonly #config: Config;
  readonly #nodeId: string;
  readonly #checker: HealthChecker;
  readonly #clock: Clock;
  readonly #onOtherSource: () => void;
  /** Without the own ones, those that take the bleed first. */
  #ring: readonly string[] = [];
  /** Addresses that the list names with a doubt. */
  #doubted: ReadonlySet<string> = new Set();
  #apps: readonly string[] = [];
  #picked: readonly string[] = [];
  /** Where connections to each address leave from. */
  #sources: ReadonlyMap<string, string | null> = new Map();

  constructor({ config, nodeId, checker, clock, onOtherSource }: PodNodesOptions) {
    this.#config = config;
    this.#nodeId = nodeId;
    this.#checker = checker;
    this.#clock = clock;
    this.#onOtherSource = onOtherSource;
    if (config.ip !== null) this.#watchSources();
  }

  /**
   * @param addresses of the nodes of the pod, with or without this one. They are compared with what sockets say, so they are
   * spelled as sockets spell them.
   * @param doubted those of them that something speaks against. They keep their place in the ring, since the checks decide;
   * but each is asked with one more node behind it, so that a dead one leaves as many as there were.
   */
  setAddresses(addresses: readonly string[], doubted: readonly string[] = []): void {
    const config = this.#config;
    const others = [...new Set(addresses.map(canonicalAddress))].filter((address) => !isOwnAddress(config, address));
    this.#ring = pickNeighbors(ownAddressOf(config), others, others.length);
    this.#doubted = new Set(doubted.map(canonicalAddress));
    this.#pick();
  }

  /** Addresses of all other nodes. */
  get others(): readonly string[] {
    return this.#ring;
  }

  /** Addresses of those that take the bleed. */
  get picked(): readonly string[] {
    return this.#picked;
  }

  /** Whom to check for these apps; what the checks have told so far counts. */
  targetsFor(apps: readonly App[]): CheckTarget[] {
    this.#apps = apps.map(({ name }) => name);
    this.#pick();
    this.#sources = this.#findSources();
    const passedOver = this.#ring.filter((address) => !this.#picked.includes(address) && this.#idAt(address) !== null);
    return [
      ...apps.flatMap((app) => this.#picked.map((host) => this.#targetOf(app, host))),
      // Asked on, for one app, because somebody else may answer there one day.
      ...apps.slice(0, 1).flatMap((app) => passedOver.map((host) => this.#targetOf(app, host))),
    ];
  }

  /** The neighbors of an app, in order of preference. */
  neighborsOf(app: string): NeighborSnapshot[] {
    return this.#picked.map((host) => {
      const key = neighborKey(app, host);
      const node = this.#checker.nodeAt(key);
      const up = this.#checker.healthOf(key) === 'up' && node !== this.#nodeId;
      return { host, localAddress: this.#sources.get(host) ?? null, up, node };
    });
  }

  #targetOf(app: App, host: string): CheckTarget {
    return neighborTarget(app, host, this.#sources.get(host) ?? null);
  }

  #findSources(): Map<string, string | null> {
    const { ip, bind } = this.#config;
    const own = { known: ip === null ? null : canonicalAddress(ip), bind, machine: machineAddresses() };
    return new Map(this.#ring.map((address) => [address, sourceAddressTo(address, own)]));
  }

  #watchSources(): void {
    this.#clock.setTimer(LOOK_MS, () => {
      const sources = this.#findSources();
      if ([...sources].some(([address, source]) => this.#sources.get(address) !== source)) this.#onOtherSource();
      this.#watchSources();
    });
  }

  /** The first ones of the ring that are neither this node nor each other. */
  #pick(): void {
    const known = new Set([this.#nodeId]);
    const picked: string[] = [];
    for (const address of this.#ring) {
      const id = this.#idAt(address);
      if (id !== null && known.has(id)) continue;
      if (id !== null) known.add(id);
      picked.push(address);
      const sure = picked.filter((one) => !this.#doubted.has(one)).length;
      if (sure === PICKED || picked.length === MAX_PICKED) break;
    }
    this.#picked = picked;
  }

  /** Who answered at this address; null: nobody yet, or nobody that gives a name. */
  #idAt(address: string): string | null {
    for (const app of this.#apps) {
      const id = this.#checker.nodeAt(neighborKey(app, address));
      if (id !== null) return id;
    }
    return null;
  }
}
