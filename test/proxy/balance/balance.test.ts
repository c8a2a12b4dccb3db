/** What each policy of `balance` promises, in one suite that all of them pass, and what only one of them does. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BALANCES, type Balance } from '../../../src/model/app.js';
import { ownAddress } from '../../support/addresses.js';
import { eventually } from '../../support/eventually.js';
import { BalancedFleet } from '../../support/node/balanced-fleet.js';
import type { TestPlane } from '../../support/node/plane.js';
import { neighborOf } from '../../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

/** Clients that `balance: source` tells apart. */
const CLIENTS = Array.from({ length: 24 }, (_, index) => `127.111.0.${index + 1}`);

async function neighborOn(context: TestContext, plane: TestPlane, name: string): Promise<string> {
  const address = { host: ownAddress(), port: plane.port };
  return (await ScriptedInstance.start(context, answering(okResponse(name)), address)).host;
}

function countsOf(names: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function askEach(fleet: BalancedFleet): Promise<string[]> {
  const names: string[] = [];
  for (const client of CLIENTS) names.push(await fleet.ask(client));
  return names;
}

for (const balance of BALANCES) {
  const slot = { balance };

  test(`${balance}: without an instance 503, with one all of them there`, async (context) => {
    const fleet = await BalancedFleet.start(context, [1], { slot });
    assert.equal(await fleet.askTimes(5), 'AAAAA');
    await fleet.change({ instances: [] });
    assert.equal(await fleet.ask(), '503');
    assert.deepEqual(fleet.plane.counters.errors, { NO_INSTANCE: 1 });
    await fleet.change({ instances: fleet.specs });
    assert.equal(await fleet.ask(), 'A');
  });

  test(`${balance}: what is down, drained, in maintenance, of weight 0 or gone gets nothing`, async (context) => {
    const fleet = await BalancedFleet.start(context, [1, 1], { slot });
    const changes = [{ up: false }, { state: 'drain' }, { state: 'maint' }, { weight: 0 }, null] as const;
    for (const change of changes) {
      await fleet.change({ instances: fleet.changed({ B: change }) });
      assert.deepEqual(new Set(await askEach(fleet)), new Set('A'), JSON.stringify(change));
      await fleet.change({ instances: fleet.specs });
      assert.deepEqual(new Set(await askEach(fleet)), new Set('AB'), 'it is back');
    }
  });

  test(`${balance}: a limit holds, and who finds no room waits for it`, async (context) => {
    const fleet = await BalancedFleet.start(context, [1, 1, 1], {
      slot: { ...slot, limits: { connections: 2, queue: 99 } },
    });
    const held = [];
    for (const client of CLIENTS.slice(0, 12)) {
      held.push(await fleet.hold(client));
      assert.ok(Math.max(...fleet.underWay) <= 2, `${fleet.underWay}`);
    }
    assert.equal(fleet.plane.counters.inFlight, 12);
    if (balance !== 'source') assert.deepEqual(fleet.underWay, [2, 2, 2], 'all the room is used');
    let answered = 0;
    await eventually('all are served', () => {
      for (const instance of fleet.instances) if (instance.answerSlow()) answered += 1;
      assert.ok(Math.max(...fleet.underWay) <= 2, `${fleet.underWay}`);
      return answered === 12;
    });
    for (const client of held) assert.equal((await client.response()).body, 'late');
    assert.deepEqual(fleet.plane.counters.errors, {});
  });

  test(`${balance}: neighbors get what no instance can take, by turns, and nothing else`, async (context) => {
    const fleet = await BalancedFleet.start(context, [1], { slot });
    const hosts = [await neighborOn(context, fleet.plane, 'n'), await neighborOn(context, fleet.plane, 'm')];
    const neighbors = hosts.map((host) => neighborOf(host));
    await fleet.change({ neighbors });
    assert.equal(await fleet.askTimes(3), 'AAA');
    await fleet.change({ instances: [] });
    assert.match(await fleet.askTimes(6), /^(nm){3}$|^(mn){3}$/);
    await fleet.change({ neighbors: [neighborOf(hosts[0] ?? '', { up: false }), neighborOf(hosts[1] ?? '')] });
    assert.equal(await fleet.askTimes(3), 'mmm', 'one that does not answer its checks gets nothing');
    await fleet.change({ neighbors, instances: fleet.specs, limits: { connections: 1, queue: 1 } });
    await fleet.hold();
    await fleet.hold();
    assert.equal(fleet.plane.counters.queued, 1, 'who waits for room is not bled');
    assert.equal(fleet.plane.counters.bled, 9);
  });
}

/** By one client, one request after the other; leastconn knows weights only by what is under way. */
const SEQUENTIAL: readonly Balance[] = ['roundrobin', 'random'];

for (const balance of SEQUENTIAL) {
  test(`${balance}: shares by weight`, async (context) => {
    const fleet = await BalancedFleet.start(context, [10, 20, 50], { slot: { balance } });
    const { A = 0, B = 0, C = 0 } = countsOf(await fleet.askTimes(400));
    const slack = balance === 'random' ? 30 : 0;
    for (const [found, share] of [
      [A, 50],
      [B, 100],
      [C, 250],
    ] as const) {
      assert.ok(Math.abs(found - share) <= slack, `${found} instead of ${share}`);
    }
  });
}

test('leastconn: what is under way, by weight', async (context) => {
  const fleet = await BalancedFleet.start(context, [10, 30], { slot: { balance: 'leastconn' } });
  for (let turn = 0; turn < 40; turn += 1) await fleet.hold();
  const [a = 0, b = 0] = fleet.underWay;
  assert.ok(Math.abs(a - 10) <= 1 && a + b === 40, `${fleet.underWay}`);
});

test('leastconn: the less busy of two, not the one that was there first', async (context) => {
  const fleet = await BalancedFleet.start(context, [1, 1], { slot: { balance: 'leastconn' } });
  for (let turn = 0; turn < 6; turn += 1) await fleet.hold();
  assert.deepEqual(fleet.underWay, [3, 3]);
  for (const name of 'BBB') await fleet.answer(name);
  await eventually('B is free', () => fleet.underWay[1] === 0);
  assert.equal(await fleet.askTimes(10), 'BBBBBBBBBB');
});

test('leastconn: with all others at their limit the least loaded of those that have room', async (context) => {
  const fleet = await BalancedFleet.start(context, [1, 1, 1, 1], {
    slot: { balance: 'leastconn', limits: { connections: 3, queue: 0 } },
  });
  for (let turn = 0; turn < 12; turn += 1) await fleet.hold();
  assert.deepEqual(fleet.underWay, [3, 3, 3, 3], 'no room is overlooked');
  for (const name of 'CDD') await fleet.answer(name);
  await eventually('they have room', () => fleet.underWay.join() === '3,3,2,1');
  await fleet.hold();
  await fleet.hold();
  assert.deepEqual(fleet.underWay.slice(0, 2), [3, 3]);
  assert.equal(await fleet.ask(), fleet.underWay[2] === 3 ? 'D' : 'C');
});

test('source: shares of clients by weight', async (context) => {
  const fleet = await BalancedFleet.start(context, [10, 30], { slot: { balance: 'source' } });
  let ofA = 0;
  for (let index = 0; index < 320; index += 1) {
    if ((await fleet.ask(`127.112.${index >> 8}.${index & 255}`)) === 'A') ofA += 1;
  }
  // 80, and five times the standard deviation; with weights ignored it would be 160.
  assert.ok(Math.abs(ofA - 80) < 39, `${ofA} of 320`);
});

test('source: a client stays, on each worker; when an instance goes its own clients move and no others', async (context) => {
  const fleet = await BalancedFleet.start(context, [1, 1, 1], { slot: { balance: 'source' } });
  const before = await askEach(fleet);
  assert.deepEqual(await askEach(fleet), before);
  const other = await BalancedFleet.start(context, [], {
    slot: { balance: 'source', instances: [...fleet.specs].reverse() },
    worker: { index: 1, count: 2 },
  });
  assert.deepEqual(await askEach(other), before, 'whatever the order in the snapshot');
  await fleet.change({ instances: fleet.changed({ B: null }) });
  const after = await askEach(fleet);
  for (const [index, name] of before.entries()) {
    if (name === 'B') assert.notEqual(after[index], 'B');
    else assert.equal(after[index], name);
  }
  await fleet.change({ instances: fleet.specs });
  assert.deepEqual(await askEach(fleet), before, 'and back');
});

test('roundrobin: in turn, heavy ones spread over the rotation', async (context) => {
  const equal = await BalancedFleet.start(context, [100, 100, 100], {});
  assert.equal(await equal.askTimes(9), 'ABCABCABC');
  const heavy = await BalancedFleet.start(context, [20, 60], {});
  assert.match(await heavy.askTimes(8), /^(BBAB|BABB|ABBB|BBBA){2}$/);
  assert.doesNotMatch(await heavy.askTimes(16), /BBBB|AA/);
});

test('roundrobin: workers begin at different instances, and at different neighbors', async (context) => {
  const first = await BalancedFleet.start(context, [1, 1, 1], { worker: { index: 0, count: 3 } });
  const { port } = first.plane;
  const hosts = [await neighborOn(context, first.plane, 'n'), await neighborOn(context, first.plane, 'm')];
  const neighbors = hosts.map((host) => neighborOf(host));
  let begun = '';
  let bled = '';
  for (let index = 0; index < 3; index += 1) {
    const worker = { index, count: 3 };
    const fleet = await BalancedFleet.start(context, [], { worker, slot: { port, instances: first.specs, neighbors } });
    begun += await fleet.ask();
    await fleet.change({ instances: [] });
    bled += await fleet.ask();
  }
  assert.deepEqual([begun, bled], ['ABC', 'nmn']);
});
