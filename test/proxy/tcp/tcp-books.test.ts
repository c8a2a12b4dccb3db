/** The access log of a TCP slot, counted again: its lines and the counters say the same, and what clients read is in both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS, type ErrorCode } from '../../../src/core/errors.js';
import { freePort, ownAddress } from '../../support/addresses.js';
import { eventually } from '../../support/eventually.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { SeededRandom } from '../../support/seeded-random.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const LINE =
  /^\S+:\d+ \[[^\]]+\] slot:\d+ \S+\/(\S+) -?\d+\/-?\d+\/\d+ (\d+) (\S\S) \d+\/\d+\/\d+\/\d+\/\+?(\d+) \d+\/\d+\n$/;

/** Gives back what it gets; `cut` resets, `end` ends. */
function behave(connection: RawConnection): void {
  connection.socket.on('data', (bytes: Buffer) => {
    if (bytes.includes('cut')) connection.socket.resetAndDestroy();
    else if (bytes.includes('end')) connection.socket.end(bytes);
    else connection.write(bytes);
  });
  connection.socket.on('end', () => connection.socket.end());
}

test('a mix of clients that stay, end, are cut, or find nobody', async (context) => {
  const host = ownAddress();
  const dead = instanceOf({ host, port: await freePort(host) });
  const alive = instanceOf(await ScriptedInstance.start(context, behave));
  const plane = await TestPlane.start(context, { slot: { protocol: 'tcp', instances: [dead, alive] } });
  const random = new SeededRandom(17);
  let read = 0;
  for (let turn = 0; turn < 120; turn += 1) {
    await plane.change({ instances: random.once(8) ? [] : random.once(8) ? [dead] : [dead, alive] });
    // Where nobody serves it, it may be reset before it is known here.
    const client = await plane.connect().catch(() => null);
    client?.socket.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    client?.write(random.pick(['hello', 'the end', 'cut me', 'a'.repeat(50_000)]));
    client?.socket.end();
    await client?.ended();
  }
  const { counters } = plane;
  await eventually('all is over', () => counters.openConnections === 0 && plane.accessLog.length === 120);
  let bytesOut = 0;
  let retries = 0;
  const flags: Record<string, number> = {};
  for (const line of plane.accessLog) {
    const [, , bytes, flag = '', times] = LINE.exec(line) ?? [];
    assert.notEqual(flag, '', line);
    bytesOut += Number(bytes);
    retries += Number(times);
    if (flag !== '--') flags[flag] = (flags[flag] ?? 0) + 1;
  }
  const expected: Record<string, number> = {};
  for (const [code, count] of Object.entries(counters.errors) as [ErrorCode, number][]) {
    expected[ERRORS[code].flags] = (expected[ERRORS[code].flags] ?? 0) + count;
  }
  assert.deepEqual(flags, expected);
  assert.equal(plane.accessLog.length, counters.connections);
  assert.deepEqual([bytesOut, retries], [counters.bytesOut, counters.retries]);
  assert.equal(bytesOut, read);
  assert.ok(read > 50_000, `${read} bytes were read, so instances did answer`);
  assert.deepEqual([counters.inFlight, counters.tunnels], [0, 0]);
  assert.ok((counters.errors.NO_INSTANCE ?? 0) > 0 && (counters.errors.CONNECT_FAILED ?? 0) > 0 && retries > 0);
});
