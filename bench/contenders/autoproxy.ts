import { NodeUnderTest } from '../node-under-test.js';
import { childrenOf } from '../process-usage.js';
import type { Contender, ContenderOptions } from './contender.js';

/** The whole node with one worker and all defaults on. The primary's price (health checks) is told apart. */
export class AutoproxyContender implements Contender {
  readonly name = 'autoproxy';
  readonly version = `Node ${process.version}`;
  readonly keepsAlive = true;
  readonly host: string;
  readonly port: number;
  readonly #node: NodeUnderTest;
  readonly #options: ContenderOptions;

  constructor(options: ContenderOptions) {
    this.#options = options;
    this.host = options.host;
    this.port = options.port;
    this.#node = new NodeUnderTest({ host: options.host, adminPort: options.port + 2, prefix: options.prefix });
  }

  async start(): Promise<void> {
    const { port, originHost, originPorts } = this.#options;
    this.#node.writeApp('bench', { slot: port, instances: originPorts.map((origin) => `${originHost}:${origin}`) });
    await this.#node.start();
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
