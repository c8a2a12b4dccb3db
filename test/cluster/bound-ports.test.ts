/** The kernel refuses clients of a port that nobody holds: its slot has it a second later, however long it waited. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { BoundPorts } from '../../src/cluster/bound-ports.js';
import { silentLog } from '../../src/core/log.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { occupy, slotOf, snapshotOf } from './cluster-parts.js';

const HOST = ownAddress();
const PORT = 27_120;

test('a port that another program held for an hour is bound within a second of its end', async (context) => {
  const clock = new FakeClock();
  let recovered = 0;
  const ports = new BoundPorts({
    clock,
    random: () => 0.999,
    log: silentLog,
    onRecovered: () => (recovered += 1),
    onBindResult: () => {},
  });
  atEnd(context, () => ports.closeAllBut([]));
  const holder = await occupy(context, HOST, PORT);
  assert.deepEqual(ports.acquire(snapshotOf(HOST, 1, [slotOf(HOST, PORT, { instancePort: 1 })])), []);
  await clock.advance(3_600_000);
  assert.equal(recovered, 0);
  holder.close();
  await once(holder, 'close');
  await clock.advance(1_000);
  assert.equal(recovered, 1);
  assert.equal(ports.bindErrorOf('web'), null);
});
