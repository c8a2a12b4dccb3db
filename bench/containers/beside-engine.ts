/** A node beside a real engine with the image of the test app, and what each measurement asks of the two. */
import type { Ending } from '../../test/support/at-end.js';
import type { DockerVersion } from '../../test/support/docker/docker-versions.js';
import { TestEngine } from '../../test/support/docker/test-engine.js';
import { eventually } from '../../test/support/eventually.js';
import { type RunningNode, startNodeOn } from '../../test/support/node/node-process.js';

/** A busy machine is slow to start a container, and slower to check it. */
const UP_MS = 60_000;

export interface BesideEngine {
  readonly engine: TestEngine;
  readonly node: RunningNode;
  /** Of each app, in the order of their names. */
  readonly ports: readonly number[];
}

/** @param apps names of apps that a file defines, and whose instances are containers */
export async function startBesideEngine(
  context: Ending,
  version: DockerVersion,
  apps: readonly string[],
): Promise<BesideEngine> {
  const engine = await TestEngine.start(context, { version });
  const portOf = (slot: number, index: number): number => slot + 2 * index;
  const textOf = (app: string, port: number): string =>
    `${app}: {protocol: http, translated_port: ${port}, instances: []}\n`;
  const files = (_: string, slot: number) => ({
    'apps.yml': apps.map((app, index) => textOf(app, portOf(slot, index))).join(''),
  });
  const node = await startNodeOn(context, engine.machine, files, { '--docker': engine.socketPath });
  return { engine, node, ports: apps.map((_, index) => portOf(node.slot, index)) };
}

export async function untilUp(node: RunningNode, app: string, count: number): Promise<void> {
  await eventually(
    `${count} instances of ${app} are up`,
    async () => {
      const { apps } = await node.state();
      const instances = apps.find(({ name }) => name === app)?.instances ?? [];
      return instances.length === count && instances.every(({ health }) => health === 'up');
    },
    UP_MS,
  );
}

export function shareOf(all: readonly number[], share: number): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
