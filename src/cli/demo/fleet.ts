import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { replaceFile } from '../../core/durable-file.js';
import type { LogFormat } from '../../core/log-levels.js';
import { freePort, freeSlot } from './free-port.js';
import { DemoInstance } from './instance.js';
import { NodeProcess } from './node-process.js';
import { Traffic } from './traffic.js';

const POD = 'alpha';
const HOSTS = ['127.0.0.1', '127.0.0.2'] as const;
const ADMIN_PORT = 1_936;
const APPS = [
  { name: 'shop', slot: 21_034 },
  { name: 'api', slot: 21_044 },
] as const;
const INSTANCES_PER_APP = 3;
const REQUESTS_PER_SECOND = 50;

interface DemoApp {
  readonly name: string;
  readonly slot: number;
}

interface DemoNode {
  readonly process: NodeProcess;
  readonly instances: readonly DemoInstance[];
}

/** Two nodes of a pod, the instances of their apps, and the clients. Owns all it started, down to the directory. */
export class Fleet {
  readonly pod = POD;
  readonly directory: string;
  readonly apps: readonly DemoApp[];
  readonly nodes: readonly DemoNode[];
  readonly traffic: readonly Traffic[];
  readonly #diedWithInstance = new Set<string>();

  private constructor(directory: string, apps: readonly DemoApp[], nodes: readonly DemoNode[]) {
    this.directory = directory;
    this.apps = apps;
    this.nodes = nodes;
    this.traffic = nodes.flatMap(({ process: { options } }) =>
      apps.map(
        ({ name, slot }) =>
          new Traffic({ node: options.name, app: name, host: options.host, port: slot }, (id) =>
            this.#diedWithInstance.delete(id),
          ),
      ),
    );
  }

  /** Prepares everything and starts nothing; call `stop` in any case, also after an error. */
  static async create(logFormat: LogFormat): Promise<Fleet> {
    const directory = await mkdtemp(path.join(tmpdir(), 'autoproxy-demo-'));
    const apps: DemoApp[] = [];
    for (const { name, slot } of APPS) {
      // The other app's preferred slot is skipped by the step, so the two cannot take each other's.
      apps.push({ name, slot: await freeSlot(HOSTS, slot, 100) });
    }
    const nodes: DemoNode[] = [];
    for (const [index, host] of HOSTS.entries()) {
      const name = `a${index + 1}`;
      const options = {
        name,
        host,
        pod: POD,
        adminPort: await freePort(host, ADMIN_PORT),
        neighbor: HOSTS[1 - index] ?? HOSTS[0],
        directory: path.join(directory, name),
        logFormat,
      };
      const instances = apps.flatMap((app, place) =>
        Array.from(
          { length: INSTANCES_PER_APP },
          (_, copy) => new DemoInstance(app.name, `127.77.${index + 1}.${(place + 1) * 10 + copy + 1}`),
        ),
      );
      nodes.push({ process: new NodeProcess(options), instances });
    }
    return new Fleet(directory, apps, nodes);
  }

  /** Instances, then services directories, then nodes; resolves when both nodes serve and traffic flows. */
  async start(): Promise<void> {
    for (const { process: node, instances } of this.nodes) {
      await Promise.all(instances.map((instance) => instance.start()));
      await mkdir(node.servicesDir, { recursive: true });
      for (const app of this.apps) {
        const text = serviceText(
          app,
          instances.filter(({ app: name }) => name === app.name),
        );
        const file = path.join(node.servicesDir, `${app.name}.yml`);
        await replaceFile(file, text, 0o644);
      }
    }
    await Promise.all(this.nodes.map(({ process: node }) => node.start()));
    for (const stream of this.traffic) stream.start(REQUESTS_PER_SECOND);
  }

  /** Kills the first running instance of the first app on the first node that has one. @returns what it did, in words. */
  killOne(): string {
    for (const { process: node, instances } of this.nodes) {
      const running = instances.find(({ isRunning }) => isRunning);
      if (running === undefined) continue;
      this.#kill(running);
      return `stopped ${running.app} ${running.address} on ${node.options.name}`;
    }
    return 'no instance runs any more; press r';
  }

  /** Kills all instances of the first app on the first node: its traffic has nowhere to go but to the neighbor. */
  killAllOfFirstApp(): string {
    const [node] = this.nodes;
    const [app] = this.apps;
    for (const instance of node?.instances ?? []) if (instance.app === app?.name) this.#kill(instance);
    return `stopped all instances of ${app?.name} on ${node?.process.options.name}: watch the bleed`;
  }

  async restartAll(): Promise<string> {
    const stopped = this.nodes.flatMap(({ instances }) => instances).filter(({ isRunning }) => !isRunning);
    await Promise.all(stopped.map((instance) => instance.start()));
    return stopped.length === 0 ? 'all instances run' : `restarted ${stopped.map(({ address }) => address).join(', ')}`;
  }

  /** Resolves with a reason when a node process ends by itself. */
  nodeEnded(): Promise<string> {
    return Promise.race(this.nodes.map(({ process: node }) => node.ended()));
  }

  /** Clients first, then nodes, then instances, so that nothing fails on the way out. */
  async stopTraffic(): Promise<void> {
    await Promise.all(this.traffic.map((stream) => stream.stop()));
  }

  async stop(): Promise<void> {
    try {
      await this.stopTraffic();
    } finally {
      await Promise.all(this.nodes.map(({ process: node }) => node.stop()));
      for (const { instances } of this.nodes) for (const instance of instances) instance.kill();
      await rm(this.directory, { recursive: true, force: true });
    }
  }

  #kill(instance: DemoInstance): void {
    for (const id of instance.kill()) this.#diedWithInstance.add(id);
  }
}

function serviceText({ name, slot }: DemoApp, instances: readonly DemoInstance[]): string {
  return [
    '# Edit this file while the demo runs: a change is in force a moment after it is saved.',
    `${name}:`,
    '  protocol: HTTP',
    '  native_port: 8080',
    `  translated_port: ${slot}    # the slot; health on ${slot + 1}`,
    '  balance: roundrobin       # leastconn | random | source',
    '  instances:',
    ...instances.map(({ address }) => `    - ${address}`),
    '',
  ].join('\n');
}
