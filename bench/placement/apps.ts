/** Many apps on one manager: right after `apply` the plan is empty, and how soon it is there; services of others stay as they are. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Ending, temporaryFolder } from '../../test/support/at-end.js';
import { APP_IMAGE } from '../../test/support/docker/app-image.js';
import type { DockerVersion } from '../../test/support/docker/docker-versions.js';
import { startSwarm, tasksOf } from '../../test/support/docker/swarm-service.js';
import { TestEngine } from '../../test/support/docker/test-engine.js';
import { eventually } from '../../test/support/eventually.js';
import { runCliHere } from '../../test/support/node/run-cli-here.js';
import type { Verdict } from '../report.js';

const MAX_PLAN_MS = 2_000;
const IDLE_IMAGE = 'localhost:9/idle:1';
/** So many at one time: an engine starts some containers at once, and each has a network to be made. */
const WAVE = 25;
const FOREIGN_MS = 60_000;
const FOREIGN = ['others', 'theirs'];

export async function measureApps(
  context: Ending,
  version: DockerVersion,
  apps: number,
  verdict: Verdict,
): Promise<void> {
  const engine = await TestEngine.start(context, { version });
  await startSwarm(engine);
  await buildIdle(engine);
  const node = await engine.docker('node', 'ls', '--quiet');
  await engine.docker('node', 'update', '--label-add', 'pod=alpha', node);
  for (const name of FOREIGN) {
    const words = [
      '--detach',
      '--name',
      name,
      '--network',
      'bridge',
      '--replicas',
      '1',
      '--env',
      'A=1',
      '--label',
      'x=y',
    ];
    await engine.docker('service', 'create', ...words, IDLE_IMAGE);
  }
  const registry = temporaryFolder(context, 'apps');
  const run = (...words: readonly string[]) =>
    runCliHere([...words, '--registry', registry, '--docker', `unix://${engine.socketPath}`]);
  // The manager itself writes into a new service, until it has a network.
  for (const name of FOREIGN)
    await eventually(`${name} runs`, async () => (await tasksOf(engine, name)).length === 1, FOREIGN_MS);
  const before = await foreignText(engine);
  const startedAt = performance.now();
  for (let next = 0; next < apps; next += WAVE) {
    for (let index = next; index < Math.min(apps, next + WAVE); index += 1)
      writeFileSync(path.join(registry, `app-${index}.yml`), textOf(index));
    const { exitCode, stderr } = await run('apply', '--timeout', '20m');
    if (exitCode !== 0) throw new Error(`apply ended with ${exitCode}: ${stderr}`);
  }
  const appliedS = (performance.now() - startedAt) / 1_000;
  const [plannedAt, usedBefore] = [performance.now(), process.cpuUsage()];
  const { exitCode, stdout, stderr } = await run('plan');
  const planMs = performance.now() - plannedAt;
  const used = process.cpuUsage(usedBefore);
  const cpuMs = (used.user + used.system) / 1_000;
  const isEmpty = exitCode === 0 && stdout === `${apps} services: nothing changes\n`;
  verdict.check(
    isEmpty,
    `${version}: after apply of ${apps} apps (${appliedS.toFixed(0)} s) the plan is empty`,
    isEmpty ? stdout.trim() : stdout + stderr,
  );
  verdict.check(
    planMs < MAX_PLAN_MS,
    `${version}: the plan is there within ${MAX_PLAN_MS} ms`,
    `${planMs.toFixed(0)} ms, ${cpuMs.toFixed(0)} ms of it on a processor`,
  );
  const after = await foreignText(engine);
  verdict.check(
    after === before,
    `${version}: ${FOREIGN.length} services of others, byte for byte`,
    after === before ? `${after.length} bytes` : `before ${before}\nafter ${after}`,
  );
}

/** As the manager gives them, with version and times. */
async function foreignText(engine: TestEngine): Promise<string> {
  const filters = encodeURIComponent(JSON.stringify({ name: FOREIGN }));
  const { body } = await engine.call('GET', `/services?filters=${filters}`);
  return body;
}

async function buildIdle(engine: TestEngine): Promise<void> {
  const folder = path.join(engine.machine.folder, 'idle');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'Dockerfile'), `FROM ${APP_IMAGE}\nCMD ["busybox", "sleep", "100000"]\n`);
  await engine.docker('build', '--quiet', '--tag', IDLE_IMAGE, folder);
}

/** Each has something of all that a definition may say; no check, which would be a process each few seconds. */
function textOf(index: number): string {
  return JSON.stringify({
    name: `app-${index}`,
    pods: ['alpha'],
    image: IDLE_IMAGE,
    protocol: 'http',
    native_port: 8080,
    slot: 20_000 + 2 * index,
    env: { APP: `app-${index}`, WORD: '$HOME', EMPTY: '' },
    timeouts: { drain: '1s' },
    placement: {
      limits: { memory: '64m', cpus: 0.5 },
      reservations: { memory: '6m' },
      spread: 'rack',
      stop_grace: '5s',
      healthcheck: { source: 'none' },
      update: { parallelism: 2, delay: '1s', monitor: '1s' },
    },
  });
}
