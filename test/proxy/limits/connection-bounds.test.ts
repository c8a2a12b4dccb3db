/** How the descriptors of a worker are divided, in numbers, and what gives way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Checkers } from '../../../src/proxy/limits/checkers.js';
import { ClientLimit } from '../../../src/proxy/limits/client-limit.js';
import { type ConnectionBounds, DescriptorDivision } from '../../../src/proxy/limits/connection-bounds.js';
import { checkersFor, clientsFor, descriptorsFor, UpstreamCount } from '../../../src/proxy/limits/descriptor-budget.js';
import { FakeClock } from '../../support/fake-clock.js';
import { createRecordingLog } from '../../support/recording-log.js';

function divisionOf(bounds: ConnectionBounds) {
  const { log, lines } = createRecordingLog();
  const clients = new ClientLimit(new FakeClock(), log, {});
  const checkers = new Checkers();
  const upstreams = new UpstreamCount(() => {});
  const division = new DescriptorDivision(bounds, { clients, checkers, upstreams, log });
  const limits = (slots: number) => {
    division.divide(slots);
    return [clients.limit, upstreams.limit, checkers.limit];
  };
  return { limits, lines };
}

const ANY = Number.POSITIVE_INFINITY;

test('where descriptors are never lacking, clients alone have a bound', () => {
  const { limits, lines } = divisionOf({ clients: 9, descriptors: ANY });
  assert.deepEqual(limits(1), [9, ANY, ANY]);
  assert.deepEqual(lines, []);
});

test('clients have the smaller of what is configured and what the descriptors allow, and one at least', () => {
  assert.deepEqual(divisionOf({ clients: 9, descriptors: 256 }).limits(1), [9, 87, 16]);
  assert.deepEqual(divisionOf({ clients: 99, descriptors: 256 }).limits(1), [87, 87, 16]);
  assert.deepEqual(divisionOf({ clients: ANY, descriptors: 1_024 }).limits(30), [418, 418, 64]);
  assert.deepEqual(divisionOf({ clients: ANY, descriptors: 256 }).limits(200), [1, 0, 16]);
});

test('too few descriptors are said once, with what it takes, and again when that changes', () => {
  const { limits, lines } = divisionOf({ clients: 100, descriptors: 256 });
  for (const slots of [1, 1, 2, 2]) limits(slots);
  assert.deepEqual(
    lines.map(({ level, slots, wanted, allowed, descriptors, needed }) => ({
      ...{ level, slots, wanted, allowed, descriptors, needed },
    })),
    [1, 2].map((slots) => ({
      ...{ level: 'error', slots, wanted: 100, allowed: clientsFor(256, slots) },
      ...{ descriptors: 256, needed: descriptorsFor(100, slots) },
    })),
  );
  assert.match(lines[0]?.msg ?? '', /^the descriptor limit of a worker allows fewer client connections/);
  assert.match(String(lines[0]?.hint), /LimitNOFILE=65536 .* ulimit -n 65536/);
});

test('where no number is configured only descriptors for not even one client are said', () => {
  const { limits, lines } = divisionOf({ clients: ANY, descriptors: 256 });
  limits(87);
  assert.deepEqual(lines, []);
  limits(200);
  limits(1);
  limits(200);
  assert.equal(lines.length, 2, 'it was over between them');
});

test('health ports have a sixteenth, 16 at least and 1024 at most', () => {
  assert.deepEqual([100, 256, 272, 16_384, 16_400].map(checkersFor), [16, 16, 17, 1_024, 1_024]);
});

test('so many clients need so many descriptors', () => {
  assert.deepEqual(
    [
      [1, 1],
      [87, 1],
      [1_000, 10],
      [10_000, 60],
    ].map(([clients = 0, slots = 0]) => descriptorsFor(clients, slots)),
    [84, 256, 2_222, 21_208],
  );
});

test('the oldest connection to a health port gives way', () => {
  const checkers = new Checkers();
  checkers.limit = 2;
  const closed: number[] = [];
  const all = [0, 1, 2, 3].map((number) => ({ destroy: () => closed.push(number) }));
  const enter = (number: number) => checkers.enter(all[number] as (typeof all)[0]);
  enter(0);
  enter(1);
  assert.deepEqual(closed, []);
  enter(2);
  assert.deepEqual(closed, [0]);
  checkers.leave(all[2] as (typeof all)[0]);
  enter(3);
  assert.deepEqual(closed, [0]);
  enter(0);
  assert.deepEqual(closed, [0, 1]);
});

test('connections to instances beyond their number close the idle ones, once a turn', async () => {
  let closings = 0;
  const upstreams = new UpstreamCount(() => {
    closings += 1;
  });
  upstreams.limit = 2;
  upstreams.add();
  upstreams.add();
  assert.equal(closings, 0);
  upstreams.add();
  upstreams.add();
  assert.equal(closings, 1);
  await new Promise((resolve) => setImmediate(resolve));
  upstreams.add();
  assert.equal(closings, 2);
  for (let open = 5; open > 1; open -= 1) upstreams.remove();
  await new Promise((resolve) => setImmediate(resolve));
  upstreams.add();
  assert.equal(closings, 2);
});
