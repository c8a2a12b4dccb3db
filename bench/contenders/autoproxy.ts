import { NodeUnderTest } from '../node-under-test.js';
import { childrenOf } from '../process-usage.js';
import { type Contender, type ContenderOptions, portsOf } from './contender.js';

/** The whole node with all defaults on. The primary's price (health checks) is told apart. */
export class AutoproxyContender implements Contender {
  readonly name = 'autoproxy';
  readonly version: string = process.version;
  readonly keepsAlive = true;
  readonly host: string;
  readonly ports: readonly number[];
  readonly #node: NodeUnderTest;
  readonly #options: ContenderOptions;

  /** @param workerPreload a module that the workers load first */
  constructor(options: ContenderOptions, workerPreload: string | null = null) {
    const { host, port, prefix, setup } = options;
    this.#options = options;
    this.host = host;
    this.ports = portsOf(options);
    this.#node = new NodeUnderTest({
      host,
      adminPort: port - 1,
      workers: setup.workers,
      prefix,
      flags: setup.hasAccessLog ? { '--access-log': '/dev/null' } : {},
      ...(workerPreload !== null && { environment: { NODE_OPTIONS: `--import ${workerPreload}` } }),
    });
  }

  async start(): Promise<void> {
    const { instances, setup } = this.#options;
    for (const [index, slot] of this.ports.entries()) {
      this.#node.writeApp(`bench-${index}`, { slot, instances, protocol: setup.protocol });
    }
    await this.#node.start();
    await this.#node.untilState(
      ({ apps, workers }) =>
        workers.filter(({ state }) => state === 'serving').length === setup.workers &&
        apps.length === setup.slots &&
        apps.every((app) => app.instances.every(({ health }) => health === 'up')),
      60_000,
    );
  }

  /** The node as it says of itself. */
  get node(): NodeUnderTest {
    return this.#node;
  }

  async pids(): Promise<readonly number[]> {
    return childrenOf(this.#node.pid);
  }

  async sidePids(): Promise<readonly number[]> {
    return [this.#node.pid];
  }

  async stop(): Promise<void> {
    await this.#node.stop();
    this.#node.removeDirectory();
  }
}
