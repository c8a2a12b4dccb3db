/**
 * A Swarm as people run it, small: engines on machines of their own, `autoproxy node --docker` beside each, a private
 * balancer in front of the slots, clients at the balancer, and a registry in a directory, from which `autoproxy apply` reads.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, ownAddress } from '../addresses.js';
import { type Ending, temporaryFolder } from '../at-end.js';
import { APP_IMAGE } from '../docker/app-image.js';
import type { DockerVersion } from '../docker/docker-versions.js';
import { type SwarmEngine, SwarmEngines } from '../docker/swarm-engines.js';
import { eventually } from '../eventually.js';
import { type RunningNode, startNodeAt } from '../node/node-process.js';
import type { CliResult } from '../node/run-cli.js';
import { runCliHere } from '../node/run-cli-here.js';
import { writeAtomically } from '../node/services-directory.js';
import { PacedTraffic } from '../traffic/paced-traffic.js';
import { PrivateBalancer } from './private-balancer.js';

const BALANCER_PORT = 8080;
/** What nodes and balancer serve. */
export const LAB_APP = 'shop';
export const LAB_SLOT = 21_034;
/** The balancer knows more addresses than there are nodes at first. */
const MAX_NODES = 6;
const UP_MS = 120_000;
const POD_LABEL = 'pod';

export interface LabNode extends SwarmEngine {
  readonly node: RunningNode;
  readonly pod: string;
}

interface RunningTask {
  readonly id: string;
  readonly nodeId: string;
}

interface ApiTask {
  readonly ID: string;
  readonly NodeID?: string;
  readonly Status: { readonly State: string };
}

interface PlannedStep {
  readonly fields?: readonly { readonly field: string }[];
  readonly replaced?: readonly string[];
}

export interface LabOptions {
  readonly versions?: readonly DockerVersion[];
  /** Of each node; alpha unless told otherwise. */
  readonly pods?: readonly string[];
}

export class SwarmLab {
  readonly swarm: SwarmEngines;
  readonly balancer: PrivateBalancer;
  /** Of definitions. */
  readonly registry: string;
  readonly #context: Ending;
  readonly #nodes: LabNode[] = [];
  /** Also of nodes that are about to start. */
  readonly #podFolders: { readonly pod: string; readonly address: string; readonly services: string }[] = [];

  private constructor(context: Ending, swarm: SwarmEngines, balancer: PrivateBalancer) {
    this.#context = context;
    this.swarm = swarm;
    this.balancer = balancer;
    this.registry = temporaryFolder(context, 'apps');
  }

  static async start(
    context: Ending,
    { versions = ['20.10', '20.10', '28'], pods = [] }: LabOptions = {},
  ): Promise<SwarmLab> {
    const swarm = await SwarmEngines.start(context, versions);
    const addresses = Array.from({ length: MAX_NODES }, (_, index) => swarm.addressOf(index));
    const plan = { port: BALANCER_PORT, slot: LAB_SLOT, addresses };
    const lab = new SwarmLab(context, swarm, await PrivateBalancer.start(context, swarm.network, plan));
    for (const [index, member] of swarm.members.entries()) await lab.#settle(member, pods[index] ?? 'alpha');
    return lab;
  }

  /** In the order in which they came; also those that are without power. */
  get nodes(): readonly LabNode[] {
    return this.#nodes;
  }

  /** One more, a worker. */
  async add(version: DockerVersion, pod: string): Promise<LabNode> {
    return this.#settle(await this.swarm.add(version), pod);
  }

  /** Writes a definition; `name` is that of the file and of the app. */
  define(name: string, text: string): void {
    writeFileSync(path.join(this.registry, `${name}.yml`), text);
  }

  /** `autoproxy WORDS` with this registry and this manager. */
  run(...words: readonly string[]): Promise<CliResult> {
    return runCliHere([...words, '--registry', this.registry, '--docker', `unix://${this.swarm.manager.socketPath}`]);
  }

  /** What `autoproxy plan` says of the services that change: names of the fields, and ids of the tasks that are replaced; sorted. */
  async foretold(): Promise<{ readonly fields: readonly string[]; readonly replaced: readonly string[] }> {
    const { stdout } = await this.run('plan', '--json');
    const { steps } = JSON.parse(stdout) as { readonly steps: readonly PlannedStep[] };
    return {
      fields: steps.flatMap(({ fields = [] }) => fields.map(({ field }) => field)).sort(),
      replaced: steps.flatMap(({ replaced = [] }) => replaced).sort(),
    };
  }

  /** Ids of the tasks of a service that run or are to; sorted. */
  async taskIds(service = `${LAB_APP}-alpha`): Promise<readonly string[]> {
    return (await this.#tasks(service)).map(({ ID }) => ID).sort();
  }

  /** Tasks of a service that run and are to; on which node. */
  async runningTasks(service = `${LAB_APP}-alpha`): Promise<readonly RunningTask[]> {
    const tasks = await this.#tasks(service);
    return tasks
      .filter(({ Status }) => Status.State === 'running')
      .map(({ ID, NodeID }) => ({ id: ID, nodeId: NodeID ?? '' }));
  }

  /** That are to run; none of a service that is not there, or while the manager does not answer. */
  async #tasks(service: string): Promise<readonly ApiTask[]> {
    const filters = encodeURIComponent(JSON.stringify({ service: [service], 'desired-state': ['running'] }));
    const { status, body } = await this.swarm.manager.call('GET', `/tasks?filters=${filters}`);
    return status === 200 ? JSON.parse(body) : [];
  }

  /** Resolves when the first of the tasks that run now is replaced. */
  async untilOther(service = `${LAB_APP}-alpha`): Promise<void> {
    const before = new Set((await this.runningTasks(service)).map(({ id }) => id));
    await eventually(
      `a new task of ${service} runs`,
      async () => (await this.runningTasks(service)).some(({ id }) => !before.has(id)),
      UP_MS,
    );
  }

  /** An image whose containers end at once, on all nodes. @returns its name */
  async brokenImage(): Promise<string> {
    const name = APP_IMAGE.replace(/:[^:]*$/, ':broken');
    for (const { engine } of this.swarm.members) {
      const folder = path.join(engine.machine.folder, 'broken');
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, 'Dockerfile'), `FROM ${APP_IMAGE}\nCMD ["busybox", "false"]\n`);
      await engine.docker('build', '--quiet', '--tag', name, folder);
    }
    return name;
  }

  /** Another name of the image, on all nodes. */
  async anotherImage(tag = '2'): Promise<string> {
    const name = APP_IMAGE.replace(/:[^:]*$/, `:${tag}`);
    await Promise.all(this.swarm.members.map(({ engine }) => engine.docker('tag', APP_IMAGE, name)));
    return name;
  }

  /** Clients of the app, at the balancer. @param rate requests a second */
  traffic(rate: number): Promise<PacedTraffic> {
    const { host, network } = this.swarm.network;
    return PacedTraffic.start(this.#context, network, { host, port: BALANCER_PORT, rate, app: LAB_APP });
  }

  /** The whole machine, at once. */
  async powerOff(one: LabNode): Promise<void> {
    await this.swarm.powerOff(one);
    await one.node.end();
  }

  /** Resolves when the nodes that have power have so many instances of the app that are up, all together. */
  async untilUp(count: number): Promise<void> {
    await eventually(`${count} instances are up`, async () => (await this.#upCount()) === count, UP_MS);
  }

  async #upCount(): Promise<number> {
    const living = this.#nodes.filter(({ node }) => node.child.exitCode === null && node.child.signalCode === null);
    const states = await Promise.all(living.map(({ node }) => node.state()));
    const instances = states.flatMap(({ apps }) => apps.find(({ name }) => name === LAB_APP)?.instances ?? []);
    return instances.filter(({ health, state }) => health === 'up' && state === 'ready').length;
  }

  async #settle(member: SwarmEngine, pod: string): Promise<LabNode> {
    await this.swarm.updateNode(member, '--label-add', `${POD_LABEL}=${pod}`);
    const { engine, name, address } = member;
    const root = temporaryFolder(this.#context, 'node');
    const admin = { host: ownAddress(), port: 0 };
    admin.port = await freePort(admin.host);
    await engine.machine.open(admin.host, admin.port);
    const place = { root, host: address, slot: LAB_SLOT, admin: `${admin.host}:${admin.port}` };
    const services = path.join(root, 'services');
    mkdirSync(services);
    const health = '{path: /health, interval: 500ms}';
    writeFileSync(
      path.join(services, 'apps.yml'),
      `${LAB_APP}: {protocol: http, translated_port: ${LAB_SLOT}, health: ${health}, instances: []}\n`,
    );
    this.#podFolders.push({ pod, address, services });
    await this.#tellNeighbors(pod);
    const flags = { '--docker': engine.socketPath, '--node': name, '--pod': pod };
    const node = await startNodeAt(this.#context, place, flags, engine.machine.network);
    const settled = { ...member, node, pod };
    this.#nodes.push(settled);
    return settled;
  }

  /** Nodes of a pod know each other. */
  async #tellNeighbors(pod: string): Promise<void> {
    const members = this.#podFolders.filter((one) => one.pod === pod);
    const lines = members.map(({ address }) => `${address}\n`).join('');
    for (const { services } of members) await writeAtomically(path.join(services, 'backups.txt'), lines);
  }
}
