import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListeningSocket } from '../../src/cluster/listening-socket.js';
import { type Distribution, SnapshotDelivery } from '../../src/cluster/snapshot-delivery.js';
import type { GonePlace } from '../../src/core/lives.js';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { slotOf, snapshotOf } from './cluster-parts.js';

const HOST = '127.0.0.1';
const SOCKET: ListeningSocket = { close: () => {}, getsockname: () => 0 };

/** A delivery, and what was sent, a word each. */
function createDelivery() {
  const sent: string[] = [];
  const delivery = new SnapshotDelivery((message, socket) => {
    if (message.type === 'listen') sent.push(`${socket === undefined ? 'no ' : ''}socket ${message.port}`);
    else if (message.type === 'snapshot') sent.push(`snapshot ${message.snapshot.revision}`);
    else sent.push(message.type);
  });
  return { delivery, takeSent: () => sent.splice(0) };
}

function distributionOf(
  sequence: number,
  slots: readonly SlotSnapshot[] = [],
  gone: readonly GonePlace[] = [],
): Distribution {
  return { sequence, snapshot: { ...snapshotOf(HOST, sequence, slots), gone }, socketOf: () => SOCKET };
}

test('nothing goes to a worker that has not started; then the newest does', () => {
  const { delivery, takeSent } = createDelivery();
  delivery.publish(distributionOf(1));
  delivery.publish(distributionOf(2));
  assert.deepEqual(takeSent(), []);
  delivery.begin();
  assert.deepEqual(takeSent(), ['snapshot 2']);
  assert.equal(delivery.revision, 0, 'it is not in force yet');
});

test('one is on its way at a time; of those that came meanwhile the newest goes next', () => {
  const { delivery, takeSent } = createDelivery();
  delivery.begin();
  for (const sequence of [1, 2, 3]) delivery.publish(distributionOf(sequence));
  assert.deepEqual(takeSent(), ['snapshot 1']);
  delivery.onApplied(1);
  assert.equal(delivery.revision, 1);
  delivery.sendNext();
  assert.deepEqual(takeSent(), ['snapshot 3']);
  delivery.onApplied(3);
  delivery.sendNext();
  assert.deepEqual(takeSent(), []);
});

test('sockets go before the snapshot that needs them, of slots that the worker does not have as they are', () => {
  const { delivery, takeSent } = createDelivery();
  const [web, mail] = [
    slotOf(HOST, 20_000, { instancePort: 1 }),
    slotOf(HOST, 20_010, { instancePort: 1, app: 'mail' }),
  ];
  delivery.begin();
  delivery.publish(distributionOf(1, [web]));
  assert.deepEqual(takeSent(), ['socket 20000', 'socket 20001', 'snapshot 1']);
  delivery.onApplied(1);
  delivery.publish(distributionOf(2, [web, mail]));
  assert.deepEqual(takeSent(), ['socket 20010', 'socket 20011', 'snapshot 2']);
  delivery.onApplied(2);
  delivery.publish(distributionOf(3, [{ ...web, protocol: 'tcp' }, mail]));
  assert.deepEqual(takeSent(), ['socket 20000', 'socket 20001', 'snapshot 3'], 'another protocol, another listener');
});

test('sockets may be closed once the worker has a snapshot without them, and none is on its way', () => {
  const { delivery } = createDelivery();
  assert.equal(delivery.isPast(1), true, 'it has none');
  delivery.begin();
  delivery.publish(distributionOf(1));
  assert.equal(delivery.isPast(1), false);
  delivery.onApplied(1);
  assert.equal(delivery.isPast(1), true);
  assert.equal(delivery.isPast(2), false);
  delivery.publish(distributionOf(2));
  delivery.end();
  assert.equal(delivery.isPast(2), false, 'sockets that are on their way cannot be closed');
  delivery.onApplied(2);
  assert.equal(delivery.isPast(3), true, 'a worker that drains listens no more');
});

test('a worker that drains gets no snapshot, not the one that waits either, and hears where instances are gone', () => {
  const { delivery, takeSent } = createDelivery();
  delivery.begin();
  delivery.publish(distributionOf(1));
  delivery.publish(distributionOf(2));
  takeSent();
  delivery.end();
  delivery.onApplied(1);
  delivery.sendNext();
  delivery.publish(distributionOf(3));
  assert.deepEqual(takeSent(), []);
  delivery.publish(distributionOf(4, [], [{ life: 'first', host: null }]));
  assert.deepEqual(takeSent(), ['gone']);
});
