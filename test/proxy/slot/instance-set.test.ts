/** Instances come, change and leave as configurations say; what is known of them stays with an address and its life. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyedObject } from '../../../src/core/keyed-object.js';
import type { InstanceCounters } from '../../../src/metrics/instance-counters.js';
import { LeaseDesk } from '../../../src/proxy/limits/lease-desk.js';
import { Bindings } from '../../../src/proxy/slot/bindings.js';
import { InstanceSet } from '../../../src/proxy/slot/instance-set.js';
import type { InstanceSnapshot, SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { FakeClock } from '../../support/fake-clock.js';
import { instanceOf, slotOf } from '../../support/node/snapshots.js';

const A = instanceOf({ host: '10.0.0.1', port: 80 }, { life: 'first' });
const B = instanceOf({ host: '10.0.0.2', port: 80 });
const STICKY = { cookie: 'S', key: 'secret' };

function createSet({ isShared = false, index = 0 } = {}) {
  const clock = new FakeClock();
  const counters = createKeyedObject<InstanceCounters>();
  const bindings = new Bindings();
  const leases = isShared ? new LeaseDesk({ clock, send: () => {}, defer: () => {} }) : null;
  const set = new InstanceSet({
    ...{ app: 'shop', worker: { clock, leases, index, count: 2 }, counters, bindings, onRoom: () => {} },
  });
  const apply = (instances: readonly InstanceSnapshot[], slot: Partial<SlotSnapshot> = {}) =>
    set.apply(slotOf({ port: 20_000, sticky: STICKY, ...slot, instances }));
  const get = (spec: InstanceSnapshot) => {
    const instance = set.byId.get(spec.id);
    assert.ok(instance !== undefined, `${spec.id} is there`);
    return instance;
  };
  return { clock, counters, bindings, set, apply, get };
}

test('an instance that stays is the same one with its new values', () => {
  const { apply, get } = createSet();
  apply([A, B]);
  const [before, other] = [get(A), get(B)];
  assert.deepEqual(apply([{ ...A, weight: 7, up: false }, B], { sendProxy: 'v2' }), []);
  assert.equal(get(A), before);
  assert.deepEqual([before.weight, before.isUp, before.proxyVersion], [7, false, 'v2']);
  assert.equal(get(B), other);
});

test('one that is taken out leaves, with its counters and its cookie', () => {
  const { counters, bindings, set, apply, get } = createSet();
  apply([A, B]);
  const gone = get(A);
  assert.deepEqual(apply([B]), [gone]);
  assert.equal(gone.isRemoved, true);
  assert.deepEqual([...set.byId.keys()], [B.id]);
  assert.deepEqual(Object.keys(counters), [B.id]);
  assert.equal(bindings.instanceOf(gone.stickyId), null);
  gone.inFlight = 1;
  assert.equal(set.departed.underWay(0).first?.inFlight, 1);
});

test('another life at an address is another instance; the counters of the address go on', () => {
  const { counters, bindings, apply, get } = createSet();
  apply([A]);
  const first = get(A);
  assert.deepEqual(apply([{ ...A, life: 'second' }]), [first]);
  const second = get(A);
  assert.notEqual(second, first);
  assert.equal(second.counters, first.counters);
  assert.equal(counters[A.id], first.counters);
  assert.deepEqual([bindings.instanceOf(first.stickyId), bindings.instanceOf(second.stickyId)], [null, second]);
});

test('a life that becomes known is that of the same instance, whose cookie is another one then', () => {
  const { bindings, apply, get } = createSet();
  apply([{ ...A, life: null }]);
  const instance = get(A);
  const before = instance.stickyId;
  assert.deepEqual(apply([A]), []);
  assert.equal(get(A), instance);
  assert.notEqual(instance.stickyId, before);
  assert.equal(bindings.instanceOf(instance.stickyId), instance);
});

test('one that drains or is in maintenance is to be drained, once', () => {
  for (const state of ['drain', 'maint'] as const) {
    const { apply, get } = createSet();
    apply([A]);
    assert.deepEqual(apply([{ ...A, state }]), [get(A)], state);
    assert.deepEqual(apply([{ ...A, state, weight: 3 }]), state === 'drain' ? [get(A)] : [], `${state} again`);
  }
});

test('an instance warms up when it comes or comes back, and not at the start of a worker', async () => {
  const { clock, apply, get } = createSet();
  apply([A]);
  assert.equal(get(A).usableSince, Number.NEGATIVE_INFINITY);
  await clock.advance(5_000);
  get(A).connectFailures = 2;
  apply([{ ...A, up: false }]);
  apply([A, B]);
  assert.deepEqual([get(A).usableSince, get(B).usableSince], [clock.now(), clock.now()]);
  assert.equal(get(A).connectFailures, 0);
});

test('a limit is that of a worker alone, or of permits; without one there is room for all', () => {
  const limited = { limits: { ...slotOf({ port: 1 }).limits, connections: 5 } };
  const alone = createSet();
  alone.apply([A], limited);
  assert.equal(alone.get(A).limit, 5);
  alone.apply([A]);
  assert.equal(alone.get(A).limit, Number.POSITIVE_INFINITY);
  const shared = createSet({ isShared: true });
  shared.apply([A], limited);
  assert.equal(shared.get(A).limit, 0, 'nothing is lent yet');
  const { lease } = shared.get(A);
  shared.apply([A], limited);
  assert.equal(shared.get(A).lease, lease, 'it keeps what it has');
  shared.apply([A]);
  assert.deepEqual([shared.get(A).lease, shared.get(A).limit], [null, Number.POSITIVE_INFINITY]);
});

test('permits that are lent no more leave each worker its part of the limit', () => {
  const parts = [0, 1].map((index) => {
    const { set, apply, get } = createSet({ isShared: true, index });
    apply([A], { limits: { ...slotOf({ port: 1 }).limits, connections: 5 } });
    set.settleLeases(5);
    return get(A).limit;
  });
  assert.deepEqual(parts, [3, 2]);
});
