import assert from 'node:assert/strict';
import { test } from 'node:test';
import { descriptorHint, descriptorLimit, parseDescriptorLimit } from '../../../src/core/descriptor-limit.js';
import { checkersFor, clientsFor, descriptorsFor } from '../../../src/proxy/limits/descriptor-budget.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('clients, their instances, checkers and listeners together stay below the descriptors', () => {
  for (const descriptors of [256, 1_024, 4_096, 65_536, 1_048_576]) {
    for (const slots of [1, 10, 60]) {
      const clients = clientsFor(descriptors, slots);
      assert.ok(clients > 0);
      assert.ok(2 * clients + 2 * slots + checkersFor(descriptors) < descriptors);
    }
  }
  assert.equal(clientsFor(256, 1), 87);
  assert.equal(clientsFor(256, 200), 0);
});

test('so many descriptors as are asked for suffice', () => {
  for (const clients of [1, 87, 1_000, 100_000]) {
    for (const slots of [1, 500]) {
      const descriptors = descriptorsFor(clients, slots);
      assert.ok(clientsFor(descriptors, slots) >= clients);
      assert.ok(clientsFor(descriptors - 4, slots) <= clients);
    }
  }
});

test('the limit is read from the kernel', () => {
  assert.ok(descriptorLimit() > 0);
  assert.equal(parseDescriptorLimit('Limit  Soft\nMax open files            256                  4096   files\n'), 256);
  assert.equal(
    parseDescriptorLimit('Max open files            unlimited            unlimited            files\n'),
    Number.POSITIVE_INFINITY,
  );
  assert.equal(parseDescriptorLimit(''), Number.POSITIVE_INFINITY);
});

test('a failure for lack of descriptors comes with what to do, and no other does', () => {
  const failure = (code: string): Error => Object.assign(new Error(code), { code });
  assert.match(descriptorHint(failure('EMFILE')) ?? '', /^this process may have \d+ open files; .*LimitNOFILE=65536/);
  assert.match(descriptorHint(failure('ENFILE')) ?? '', /fs\.file-max/);
  assert.equal(descriptorHint(failure('ENOENT')), null);
});

test('idle connections to instances give way to those that are needed', async (context) => {
  const instances = await Promise.all(
    Array.from({ length: 4 }, () => ScriptedInstance.start(context, answering(okResponse('ok')))),
  );
  const clients = 3;
  const plane = await TestPlane.start(context, {
    slot: { instances: instances.map((one) => instanceOf(one)) },
    bounds: { clients: Number.POSITIVE_INFINITY, descriptors: descriptorsFor(clients, 1) },
  });
  const connections = await Promise.all(Array.from({ length: clients }, () => plane.connect()));
  let most = 0;
  for (let turn = 0; turn < 20; turn += 1) {
    for (const connection of connections) connection.write(GET);
    for (const connection of connections) assert.equal((await connection.response()).body, 'ok');
    const open = Object.values(plane.counters.instances).reduce((sum, { idle, inFlight }) => sum + idle + inFlight, 0);
    most = Math.max(most, open);
  }
  // All four instances have been asked by each of three clients, one after another.
  assert.equal(most, clients);
  for (const connection of connections) connection.close();
});

test('too few descriptors for what was asked for are said once, with how many it takes', async (context) => {
  const { log, lines } = createRecordingLog();
  const bounds = { clients: 1_000, descriptors: 1_024 };
  const plane = await TestPlane.start(context, { bounds, log });
  await plane.change({ retries: 1 });
  const said = lines.filter(({ msg }) => msg.includes('descriptor limit'));
  assert.deepEqual(
    said.map(({ wanted, allowed, needed }) => ({ wanted, allowed, needed })),
    [{ wanted: 1_000, allowed: clientsFor(1_024, 1), needed: descriptorsFor(1_000, 1) }],
  );
  assert.equal(plane.plane.counters().clients.limit, clientsFor(1_024, 1));
});
