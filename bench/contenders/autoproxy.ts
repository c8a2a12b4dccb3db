import { execFileSync } from 'node:child_process';
import { childrenOf } from '../../test/support/machine/processes.js';
import { NodeUnderTest } from '../node-under-test.js';
import { type ChangingContender, type ContenderOptions, portsOf } from './contender.js';

interface Variant {
  readonly name?: string;
  /** The command line of another build; that of this one unless told otherwise. */
  readonly program?: string;
  /** The binary of Node; that of this process unless told otherwise. */
  readonly node?: string;
  /** Beside that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The whole node with all defaults on. The primary's price (health checks) is told apart. */
export class AutoproxyContender implements ChangingContender {
  readonly name: string;
  readonly version: string;
  readonly keepsAlive = true;
  readonly host: string;
  readonly ports: readonly number[];
  readonly #node: NodeUnderTest;
  readonly #options: ContenderOptions;

  constructor(options: ContenderOptions, { name = 'autoproxy', program, node, environment = {} }: Variant = {}) {
    const { host, port, prefix, setup } = options;
    this.name = name;
    this.version =
      node === undefined ? process.version : execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    this.#options = options;
    this.host = host;
    this.ports = portsOf(options);
    this.#node = new NodeUnderTest({
      host,
      adminPort: port - 1,
      workers: setup.workers,
      prefix,
      flags: setup.hasAccessLog ? { '--access-log': '/dev/null' } : {},
      environment,
      ...(program !== undefined && { program }),
      ...(node !== undefined && { node }),
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

  change(instances: readonly string[]): void {
    this.#node.writeApp('bench-0', { slot: this.ports[0] ?? 0, instances });
  }

  async changesInForce(): Promise<number> {
    return (await this.#node.state()).appliedRevision;
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
