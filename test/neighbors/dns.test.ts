import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DnsNeighbors } from '../../src/neighbors/dns.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

/** Neighbors of a name that resolves to what the test says; null: not at all. */
function createWorld(context: TestContext) {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const world = { answer: [] as string[] | null, asked: 0, lists: [] as (readonly string[])[], clock, lines };
  const neighbors = new DnsNeighbors({
    name: 'nodes.alpha.internal',
    clock,
    random: () => 0.5,
    log,
    resolve: async (name) => {
      assert.equal(name, 'nodes.alpha.internal');
      world.asked += 1;
      if (world.answer === null) throw new Error('ENOTFOUND');
      return world.answer;
    },
  });
  atEnd(context, () => neighbors.stop());
  return { ...world, world, neighbors, start: () => neighbors.start((list) => world.lists.push(list)) };
}

test('the answer is told, and told again only when it changes', async (context) => {
  const { world, clock, start } = createWorld(context);
  world.answer = ['10.0.0.2', '10.0.0.1'];
  start();
  await clock.advance(0);
  assert.deepEqual(world.lists, [['10.0.0.1', '10.0.0.2']]);
  world.answer = ['10.0.0.1', '10.0.0.2'];
  await clock.advance(30_000);
  assert.equal(world.asked, 2);
  assert.equal(world.lists.length, 1, 'another order is no change');
  world.answer = ['10.0.0.3'];
  await clock.advance(30_000);
  assert.deepEqual(world.lists.at(-1), ['10.0.0.3']);
});

test('the last good answer stays while the name does not resolve; each change is said once', async (context) => {
  const { world, clock, lines, start } = createWorld(context);
  world.answer = ['10.0.0.1'];
  start();
  await clock.advance(0);
  world.answer = null;
  await clock.advance(300_000);
  assert.equal(world.asked, 11);
  assert.equal(world.lists.length, 1);
  assert.equal(lines.length, 1);
  assert.match(String(lines[0]?.reason), /ENOTFOUND/);
  world.answer = [];
  await clock.advance(60_000);
  assert.equal(world.lists.length, 1, 'an empty answer is none');
  assert.equal(lines.length, 1);
  world.answer = ['10.0.0.1'];
  await clock.advance(60_000);
  assert.equal(lines.length, 2);
  assert.match(lines[1]?.msg ?? '', /resolves again/);
});

test('text that is not an address is left out', async (context) => {
  const { world, clock, start } = createWorld(context);
  world.answer = ['fe80::1%eth0', '10.0.0.1', 'nonsense'];
  start();
  await clock.advance(0);
  assert.deepEqual(world.lists, [['10.0.0.1']]);
});

test('a name that never resolved is asked more often', async (context) => {
  const { world, clock, start } = createWorld(context);
  world.answer = null;
  start();
  await clock.advance(0);
  world.answer = ['10.0.0.1'];
  await clock.advance(2_000);
  assert.deepEqual(world.lists, [['10.0.0.1']]);
});

test('refresh asks at once, and one chain of questions goes on', async (context) => {
  const { world, clock, neighbors, start } = createWorld(context);
  world.answer = ['10.0.0.1'];
  start();
  neighbors.refresh();
  await clock.advance(0);
  world.answer = ['10.0.0.2'];
  neighbors.refresh();
  await clock.advance(0);
  assert.deepEqual(world.lists.at(-1), ['10.0.0.2']);
  assert.equal(clock.waits().length, 1);
  await neighbors.stop();
  assert.deepEqual(clock.waits(), []);
});

test('the system resolves a name of its own', async (context) => {
  const clock = new FakeClock();
  const { log } = createRecordingLog();
  const neighbors = new DnsNeighbors({ name: 'localhost', clock, random: () => 0, log });
  atEnd(context, () => neighbors.stop());
  const addresses = await new Promise<readonly string[]>((resolve) => neighbors.start(resolve));
  assert.ok(addresses.includes('127.0.0.1') || addresses.includes('::1'));
});
