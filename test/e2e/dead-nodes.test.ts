/**
 * Two nodes on two machines with two addresses each, whose instances have died a moment ago: both still believe in their
 * own and in each other's. However their traffic leaves, a request or a connection makes one hop and is at its end.
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AppStatus, StateDocument } from '../../src/admin/state-document.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { spawnBound } from '../support/bound-process.js';
import { eventually } from '../support/eventually.js';
import { LaunchedNode } from '../support/launched-node.js';
import { LACKS_NETWORKS, type Machine, startTwoMachines } from '../support/two-networks.js';

const SLOT = 21_034;
const REQUESTS = 4;
/** Answers both protocols: what is asked of the TCP slot is HTTP as well. */
const INSTANCE = "require('node:http').createServer((_, response) => response.end('served')).listen(8080, '127.0.0.1')";

interface Place {
  readonly machine: Machine;
  readonly node: LaunchedNode;
  /** Kills its instance. */
  stopInstance(): void;
}

async function startPlace(
  context: TestContext,
  machine: Machine,
  protocol: string,
  flags: Readonly<Record<string, string>>,
): Promise<Place> {
  const root = temporaryFolder(context, 'dead-node');
  await mkdir(path.join(root, 'services'));
  // Asked at the start and then no more: what dies is found out by traffic alone.
  const shop = `shop: {protocol: ${protocol}, translated_port: ${SLOT}, health: {interval: 1h}, instances: ["127.0.0.1:8080"]}\n`;
  await writeFile(path.join(root, 'services', 'shop.yml'), shop);
  const instance = spawnBound([...machine.prefix, process.execPath, '-e', INSTANCE], { stdio: 'ignore' });
  atEnd(context, () => instance.kill('SIGKILL'));
  await eventually('the instance answers', () => ask(machine, 8080).then((answer) => answer === '200'));
  const node = new LaunchedNode({
    flags: {
      '--services-dir': path.join(root, 'services'),
      '--state-dir': path.join(root, 'state'),
      '--lame-duck': '0s',
      ...flags,
    },
    prefix: machine.prefix,
    env: { PATH: process.env.PATH },
  });
  atEnd(context, () => node.stop('SIGKILL'));
  await node.logged('ready');
  return { machine, node, stopInstance: () => instance.kill('SIGKILL') };
}

/** @returns the status; `000` for a connection that ended without an answer. */
async function ask(machine: Machine, port: number): Promise<string> {
  const words = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '20'];
  return machine
    .run(...words, `http://127.0.0.1:${port}/`)
    .catch((error: { readonly stdout?: string }) => `${error.stdout}`);
}

async function shopOf(machine: Machine): Promise<AppStatus> {
  const text = await machine.run('curl', '-s', 'http://127.0.0.1:1936/state');
  const [shop] = (JSON.parse(text) as StateDocument).apps;
  assert.ok(shop !== undefined, text);
  return shop;
}

/** Flags of the node on a machine whose neighbor is known by its secondary address. */
const SETTINGS: Readonly<Record<string, (machine: Machine) => Readonly<Record<string, string>>>> = {
  'with the secondary address as --ip': ({ secondary }) => ({ '--ip': secondary }),
  'with nothing said': () => ({}),
  'with an address of nobody as --ip': () => ({ '--ip': '203.0.113.7' }),
};

for (const protocol of ['http']) {
  for (const [setting, flagsOf] of Object.entries(SETTINGS)) {
    for (const workers of [2]) {
      test(`${protocol}, ${setting}, ${workers} workers: ${REQUESTS} requests are ${REQUESTS} hops`, {
        skip: LACKS_NETWORKS,
      }, async (context) => {
        const machines = await startTwoMachines(context);
        const start = (machine: Machine, other: Machine) =>
          startPlace(context, machine, protocol, {
            '--neighbors': other.secondary,
            '--workers': String(workers),
            ...flagsOf(machine),
          });
        const [a, b] = await Promise.all([start(machines[0], machines[1]), start(machines[1], machines[0])]);
        for (const { machine } of [a, b]) {
          await eventually('the neighbor is up', async () => (await shopOf(machine)).neighbors[0]?.up === true);
          assert.equal(await ask(machine, SLOT), '200');
        }
        for (const place of [a, b]) place.stopInstance();
        for (let turn = 0; turn < REQUESTS; turn += 1) {
          assert.equal(await ask(a.machine, SLOT), protocol === 'http' ? '503' : '000');
        }
        const [shopA, shopB] = [await shopOf(a.machine), await shopOf(b.machine)];
        assert.deepEqual(
          { sent: shopA.bled, received: shopB.bledIn, sentOn: shopB.bled, receivedBack: shopA.bledIn },
          { sent: REQUESTS, received: REQUESTS, sentOn: 0, receivedBack: 0 },
        );
        assert.equal(shopA.connections, 1 + REQUESTS);
        assert.ok(shopB.connections <= 1 + REQUESTS, `${shopB.connections} connections`);
      });
    }
  }
}
