/** A node whose apps and instances stand in a real Consul, for benchmarks. */
import type { SourceStatus } from '../../src/admin/state-document.js';
import { type ConsulAgent, startConsul, startConsulCluster } from '../../test/support/consul/consul.js';
import { ConsulFront } from '../../test/support/consul/consul-front.js';
import { POD, register, setCheck } from '../../test/support/node/fleet.js';
import { NodeUnderTest } from '../node-under-test.js';
import { ManyInstances } from './many-instances.js';

const HOST = '127.0.0.47';
const INSTANCE_HOST = '127.79.12.1';
const FIRST_INSTANCE_PORT = 19_000;
export const FIRST_SLOT = 21_500;
/** Of the first start with many apps: each slot is bound. */
const READY_MS = 60_000;

export interface FleetSize {
  readonly apps: number;
  readonly instancesEach: number;
  /** memory: one agent that forgets all when it ends; disk: one that keeps it; cluster: three servers. */
  readonly consul: 'memory' | 'disk' | 'cluster';
}

export interface FleetInstance {
  readonly app: string;
  /** `ip:port` */
  readonly address: string;
  /** Of its check in Consul. */
  readonly checkId: string;
}

export class ConsulFleet {
  readonly host = HOST;
  /** The first is the one that the node asks. */
  readonly agents: readonly ConsulAgent[];
  readonly front: ConsulFront;
  readonly node: NodeUnderTest;
  instances: readonly FleetInstance[] = [];
  readonly #size: FleetSize;
  readonly #origin: ManyInstances;
  readonly #cleanups: readonly (() => unknown)[];

  private constructor(
    size: FleetSize,
    agents: readonly ConsulAgent[],
    front: ConsulFront,
    origin: ManyInstances,
    cleanups: readonly (() => unknown)[],
  ) {
    this.#size = size;
    this.agents = agents;
    this.front = front;
    this.#origin = origin;
    this.#cleanups = cleanups;
    this.node = new NodeUnderTest({
      host: HOST,
      adminPort: 1_936,
      flags: { '--consul': front.url, '--consul-node': this.consul.node, '--pod': POD, '--node': 'bench-1' },
    });
  }

  /** Resolves when Consul holds all of it; the node is not started yet. */
  static async create(size: FleetSize): Promise<ConsulFleet> {
    const agents =
      size.consul === 'memory' ? [await startConsul()] : await startConsulCluster(size.consul === 'disk' ? 1 : 3);
    const cleanups: (() => unknown)[] = [];
    const front = await ConsulFront.start(
      { after: (cleanup) => void cleanups.push(cleanup) },
      agents[0] as ConsulAgent,
    );
    const origin = await ManyInstances.start(INSTANCE_HOST, FIRST_INSTANCE_PORT, size.apps * size.instancesEach);
    const fleet = new ConsulFleet(size, agents, front, origin, cleanups);
    await fleet.fill();
    return fleet;
  }

  get consul(): ConsulAgent {
    const [agent] = this.agents;
    if (agent === undefined) throw new Error('there is no Consul');
    return agent;
  }

  slotOf(app: number): number {
    return FIRST_SLOT + 2 * app;
  }

  /** Writes all apps and registers all instances, passing. */
  async fill(): Promise<void> {
    const { apps, instancesEach } = this.#size;
    const instances: FleetInstance[] = [];
    for (let app = 0; app < apps; app += 1) {
      const name = `app-${app}`;
      await this.consul.put(
        `/v1/kv/autoproxy/apps/${name}`,
        `name: ${name}\npods: [${POD}]\nprotocol: http\nslot: ${this.slotOf(app)}\n`,
      );
      for (let index = 0; index < instancesEach; index += 1) {
        const place = this.#origin.places[app * instancesEach + index];
        if (place === undefined) throw new Error('there are not enough instances');
        const address = `${place.host}:${place.port}`;
        const checkId = await register(this.consul, name, { id: address, ...place });
        // An agent that was restarted keeps its checks as they are, and none of them has passed yet.
        if (this.instances.length > 0) await setCheck(this.consul, checkId, 'passing');
        instances.push({ app: name, address, checkId });
      }
    }
    this.instances = instances;
  }

  /** Resolves when the node has all apps and instances, up. */
  async startNode(): Promise<void> {
    await this.node.start();
    const { apps, instancesEach } = this.#size;
    await this.node.untilState(
      (state) =>
        state.apps.length === apps &&
        state.apps.every(({ instances }) => instances.filter(({ health }) => health === 'up').length === instancesEach),
      READY_MS,
    );
  }

  async source(): Promise<SourceStatus> {
    const source = (await this.node.state()).sources.find(({ name }) => name === 'consul');
    if (source === undefined) throw new Error('the node has no source consul');
    return source;
  }

  async stop(): Promise<void> {
    await this.node.stop();
    this.node.removeDirectory();
    await this.#origin.stop();
    for (const cleanup of this.#cleanups) await cleanup();
    await Promise.all(this.agents.map((agent) => agent.remove()));
  }
}
