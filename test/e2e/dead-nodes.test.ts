/**
 * Two nodes on two machines with two addresses each, whose instances have died a moment ago: both still believe in their
 * own and in each other's. However their traffic leaves, a request or a connection makes one hop and is at its end.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StateDocument } from '../../src/admin/state-document.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { spawnBound } from '../support/machine/bound-process.js';
import { LACKS_NETWORKS, type Machine, startTwoMachines } from '../support/machine/two-networks.js';
import { LaunchedNode } from '../support/node/launched-node.js';

const SLOTS = { http: 21_034, tcp: 21_044 } as const;
const REQUESTS = 4;
/** What is asked of the TCP slot is HTTP as well. */
const INSTANCE = "require('node:http').createServer((_, response) => response.end('served')).listen(8080, '127.0.0.1')";

interface Place {
  readonly machine: Machine;
  /** Kills its instance, and waits until its connections are closed. */
  stopInstance(): Promise<void>;
}

/** An app of each protocol, asked at the start and then no more: what dies is found out by traffic alone. */
function servicesText(): string {
  return Object.entries(SLOTS)
    .map(
      ([protocol, slot]) =>
        `app-${protocol}: {protocol: ${protocol}, translated_port: ${slot}, health: {interval: 1h}, instances: ["127.0.0.1:8080"]}\n`,
    )
    .join('');
}

async function startPlace(
  context: TestContext,
  machine: Machine,
  flags: Readonly<Record<string, string>>,
): Promise<Place> {
  const root = temporaryFolder(context, 'dead-node');
  await mkdir(path.join(root, 'services'));
  await writeFile(path.join(root, 'services', 'apps.yml'), servicesText());
  const instance = spawnBound([...machine.prefix, process.execPath, '-e', INSTANCE], { stdio: 'ignore' });
  atEnd(context, () => instance.kill('SIGKILL'));
  await eventually('the instance answers', async () => (await ask(machine, 8080)) === '200');
  const node = new LaunchedNode({
    flags: {
      '--services-dir': path.join(root, 'services'),
      '--state-dir': path.join(root, 'state'),
      '--lame-duck': '0s',
      '--workers': '2',
      ...flags,
    },
    prefix: machine.prefix,
    env: { PATH: process.env.PATH },
  });
  atEnd(context, () => node.end());
  await node.logged('ready');
  return {
    machine,
    stopInstance: async () => {
      const ended = once(instance, 'exit');
      instance.kill('SIGKILL');
      await ended;
    },
  };
}

/** @returns the status; `000` for a connection that ended without an answer. */
async function ask(machine: Machine, port: number): Promise<string> {
  const words = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '20'];
  return machine
    .run(...words, `http://127.0.0.1:${port}/`)
    .catch((error: { readonly stdout?: string }) => `${error.stdout}`);
}

async function stateOf(machine: Machine): Promise<StateDocument> {
  return JSON.parse(await machine.run('curl', '-s', 'http://127.0.0.1:1936/state'));
}

/** Flags of the node on a machine whose neighbor is known by its secondary address. */
const SETTINGS: Readonly<Record<string, (machine: Machine) => Readonly<Record<string, string>>>> = {
  'with the secondary address as --ip': ({ secondary }) => ({ '--ip': secondary }),
  'with nothing said': () => ({}),
  'with an address of nobody as --ip': () => ({ '--ip': '203.0.113.7' }),
};

for (const [setting, flagsOf] of Object.entries(SETTINGS)) {
  test(`${setting}: ${REQUESTS} requests are ${REQUESTS} hops`, { skip: LACKS_NETWORKS }, async (context) => {
    const machines = await startTwoMachines(context);
    const start = (machine: Machine, other: Machine) =>
      startPlace(context, machine, { '--neighbors': other.secondary, ...flagsOf(machine) });
    const [a, b] = await Promise.all([start(machines[0], machines[1]), start(machines[1], machines[0])]);
    for (const { machine } of [a, b]) {
      await eventually('the neighbor is up, and the workers know it', async () => {
        const { apps, revision, appliedRevision } = await stateOf(machine);
        return appliedRevision >= revision && apps.every(({ neighbors }) => neighbors[0]?.up === true);
      });
      for (const slot of Object.values(SLOTS)) assert.equal(await ask(machine, slot), '200');
    }
    await Promise.all([a, b].map((place) => place.stopInstance()));
    for (let turn = 0; turn < REQUESTS; turn += 1) {
      assert.equal(await ask(a.machine, SLOTS.http), '503');
      assert.equal(await ask(a.machine, SLOTS.tcp), '000');
    }
    const [stateA, stateB] = [await stateOf(a.machine), await stateOf(b.machine)];
    for (const [index, { name, bled, bledIn }] of stateA.apps.entries()) {
      const { bled: sentOn, bledIn: received } = stateB.apps[index] ?? {};
      assert.deepEqual(
        { sent: bled, received, sentOn, receivedBack: bledIn },
        { sent: REQUESTS, received: REQUESTS, sentOn: 0, receivedBack: 0 },
        name,
      );
    }
  });
}
