/** A Swarm of several engines, each on a machine of its own, with a network between them. The first one is its manager. */
import type { Ending } from '../at-end.js';
import { LocalNetwork } from '../machine/local-network.js';
import type { DockerVersion } from './docker-versions.js';
import { TestEngine } from './test-engine.js';

const FIRST_NUMBER = 11;

export interface SwarmEngine {
  readonly engine: TestEngine;
  /** Host name of its machine, and so the name of the node: n1, n2, … */
  readonly name: string;
  /** In the network of the Swarm. */
  readonly address: string;
  /** Of the Swarm's node. */
  readonly nodeId: string;
}

export class SwarmEngines {
  readonly network: LocalNetwork;
  readonly #context: Ending;
  readonly #members: SwarmEngine[] = [];

  private constructor(context: Ending, network: LocalNetwork) {
    this.#context = context;
    this.network = network;
  }

  /** Each has the image of app-image.ts. */
  static async start(context: Ending, versions: readonly DockerVersion[]): Promise<SwarmEngines> {
    const swarm = new SwarmEngines(context, await LocalNetwork.start(context));
    const begun = await Promise.all(versions.map((version, index) => swarm.#begin(version, index)));
    for (const one of begun) await swarm.#enter(one);
    return swarm;
  }

  get members(): readonly SwarmEngine[] {
    return this.#members;
  }

  get manager(): TestEngine {
    const [first] = this.#members;
    if (first === undefined) throw new RangeError('a Swarm has an engine');
    return first.engine;
  }

  /** One more worker. */
  async add(version: DockerVersion): Promise<SwarmEngine> {
    return this.#enter(await this.#begin(version, this.#members.length));
  }

  /** Where the n-th engine is or will be; 0 is the manager. */
  addressOf(index: number): string {
    return this.network.addressOf(FIRST_NUMBER + index);
  }

  /** As without power: no process of the machine ends with a word, and nothing that is sent to it gets an answer. */
  async powerOff({ engine, address }: Pick<SwarmEngine, 'engine' | 'address'>): Promise<void> {
    await this.network.cut(Number(address.split('.').at(-1)));
    await engine.kill();
    process.kill(engine.machine.firstPid, 'SIGKILL');
  }

  /** `docker node update`, at the manager. */
  async updateNode({ nodeId }: Pick<SwarmEngine, 'nodeId'>, ...words: readonly string[]): Promise<void> {
    await this.manager.docker('node', 'update', ...words, nodeId);
  }

  async #begin(version: DockerVersion, index: number): Promise<Omit<SwarmEngine, 'nodeId'>> {
    const name = `n${index + 1}`;
    const engine = await TestEngine.start(this.#context, { version, hostName: name });
    const address = await this.network.join(engine.machine, FIRST_NUMBER + index);
    return { engine, name, address };
  }

  async #enter(one: Omit<SwarmEngine, 'nodeId'>): Promise<SwarmEngine> {
    const { engine, address } = one;
    const own = ['--advertise-addr', address, '--listen-addr', `${address}:2377`];
    if (this.#members.length === 0) await engine.docker('swarm', 'init', ...own);
    else {
      const token = await this.manager.docker('swarm', 'join-token', '--quiet', 'worker');
      await engine.docker('swarm', 'join', ...own, '--token', token, `${this.addressOf(0)}:2377`);
    }
    const nodeId = await engine.docker('info', '--format', '{{.Swarm.NodeID}}');
    const member = { ...one, nodeId };
    this.#members.push(member);
    return member;
  }
}
