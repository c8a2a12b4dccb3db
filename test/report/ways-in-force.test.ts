import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppEvents } from '../../src/report/app-events.js';
import { WaysInForce } from '../../src/report/ways-in-force.js';
import type { InstanceSnapshot, NeighborSnapshot } from '../../src/snapshot/snapshot.js';
import { FakeClock } from '../support/fake-clock.js';
import { instanceOf, neighborOf, slotOf, snapshotOf } from '../support/node/snapshots.js';

function createWays() {
  const clock = new FakeClock();
  const events = new AppEvents(clock);
  const ways = new WaysInForce(clock, events);
  const publish = (isUp: boolean, neighbors: readonly string[] = [], more: Partial<InstanceSnapshot> = {}): void => {
    const instances = [instanceOf({ host: '10.0.0.1', port: 80 }, { up: isUp, ...more })];
    const others: NeighborSnapshot[] = neighbors.map((host) => neighborOf(host));
    ways.onSnapshot(snapshotOf({ bind: '127.0.0.1', slots: [slotOf({ port: 20_000, instances, neighbors: others })] }));
  };
  const told = () => events.of('shop').map(({ kind, before, after }) => [kind, before, after]);
  return { clock, ways, publish, told };
}

test('an app that is served from its start is no event; before the first snapshot nothing is known', () => {
  const { clock, ways, publish, told } = createWays();
  assert.equal(ways.of('shop'), null);
  publish(true);
  assert.deepEqual(ways.of('shop'), { way: { kind: 'instances', usable: 1 }, since: clock.wallTime() });
  assert.deepEqual(told(), []);
});

test('each turn is an event, with what was and what is; a change that turns nothing is none', async () => {
  const { clock, ways, publish, told } = createWays();
  publish(false);
  const since = clock.wallTime();
  await clock.advance(1_000);
  publish(false, [], { weight: 7 });
  assert.equal(ways.of('shop')?.since, since);
  publish(false, ['10.0.0.2']);
  assert.equal(ways.of('shop')?.since, since + 1_000);
  publish(false, ['10.0.0.3']);
  publish(true, ['10.0.0.3']);
  assert.deepEqual(told(), [
    ['unserved', undefined, 'nobody'],
    ['bleed', 'nobody', 'neighbors 10.0.0.2'],
    ['bleed', 'neighbors 10.0.0.2', 'neighbors 10.0.0.3'],
    ['bleed-ended', 'neighbors 10.0.0.3', 'instances'],
  ]);
});

test('an app that is gone is forgotten', () => {
  const { ways, publish } = createWays();
  publish(true);
  ways.onSnapshot(snapshotOf({ bind: '127.0.0.1', slots: [] }));
  assert.equal(ways.of('shop'), null);
});

test('what clients get where nobody serves them depends on the protocol', () => {
  const clock = new FakeClock();
  const events = new AppEvents(clock);
  const slots = [
    slotOf({ app: 'shop', port: 20_000, instances: [], neighbors: [] }),
    slotOf({ app: 'mail', port: 20_002, protocol: 'tcp', instances: [], neighbors: [] }),
  ];
  new WaysInForce(clock, events).onSnapshot(snapshotOf({ bind: '127.0.0.1', slots }));
  assert.deepEqual(
    events.all().map(({ text }) => text),
    [
      'clients get 503: it has no instance, and this node has no neighbor',
      'connections of clients are closed: it has no instance, and this node has no neighbor',
    ],
  );
});
