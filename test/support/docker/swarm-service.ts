/** Swarm mode on one engine, as tests see tasks: containers with labels of their own, made by the engine and not by a person. */

import { eventually } from '../eventually.js';
import { APP_IMAGE } from './app-image.js';
import type { AppContainer, AppOptions, TestEngine } from './test-engine.js';

const RUNNING_MS = 90_000;

/** Makes the engine a Swarm of one node. Engines with live-restore refuse. */
export async function startSwarm(engine: TestEngine): Promise<void> {
  await engine.docker('swarm', 'init', '--advertise-addr', '127.0.0.1');
}

/** A service of the test app on the engine's own bridge; resolves with its tasks when all of them run. */
export async function startService(
  engine: TestEngine,
  name: string,
  replicas: number,
  { env = {}, labels = {}, flags = [] }: AppOptions = {},
): Promise<readonly AppContainer[]> {
  const settings = Object.entries({ APP: name, ...env }).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const marks = Object.entries(labels).flatMap(([key, value]) => ['--container-label', `${key}=${value}`]);
  const words = ['--detach', '--name', name, '--network', 'bridge', '--replicas', String(replicas)];
  await engine.docker('service', 'create', ...words, ...settings, ...marks, ...flags, APP_IMAGE);
  let tasks: readonly AppContainer[] = [];
  await eventually(
    `${replicas} tasks of ${name} run`,
    async () => {
      tasks = await tasksOf(engine, name);
      return tasks.length === replicas;
    },
    RUNNING_MS,
  );
  return tasks;
}

/** Those that run now. */
export async function tasksOf(engine: TestEngine, service: string): Promise<readonly AppContainer[]> {
  const filters = JSON.stringify({ label: [`com.docker.swarm.service.name=${service}`], status: ['running'] });
  const { body } = await engine.call('GET', `/containers/json?filters=${encodeURIComponent(filters)}`);
  return (JSON.parse(body) as readonly ListedContainer[]).map(({ Id, Names, NetworkSettings }) => ({
    id: Id,
    name: (Names[0] ?? '').slice(1),
    address: NetworkSettings.Networks.bridge?.IPAddress ?? '',
    port: 8080,
  }));
}

interface ListedContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly NetworkSettings: { readonly Networks: { readonly bridge?: { readonly IPAddress: string } } };
}
