/** One connection to the stats socket whose client does not read, or goes away. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { StatsSession } from '../../../src/admin/haproxy/stats-session.js';
import { FakeClock } from '../../support/fake-clock.js';
import { StatsNodeDouble } from './stats-node-double.js';

/** What is written to it leaves when the test accepts it. */
class UnreadSocket extends Duplex {
  #leave: (() => void) | null = null;

  constructor() {
    super({ writableHighWaterMark: 1, emitClose: true });
  }

  override _read(): void {}

  override _write(_: unknown, __: BufferEncoding, leave: () => void): void {
    this.#leave = leave;
  }

  acceptOne(): void {
    this.#leave?.();
  }

  setTimeout(): void {}

  destroySoon(): void {}
}

class CountingNode extends StatsNodeDouble {
  asked = 0;

  override async proxies() {
    this.asked += 1;
    return super.proxies();
  }
}

/** All that can go on without the client has. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
}

test('a command waits until the answer before it has left, and one who has gone costs no more answers', async () => {
  const node = new CountingNode();
  const socket = new UnreadSocket();
  new StatsSession(socket as unknown as Socket, { node, clock: new FakeClock(), by: 'ann' });
  socket.push(`${'show stat;'.repeat(20)}clear counters\n`);
  await settled();
  assert.equal(node.asked, 1);
  socket.acceptOne();
  await settled();
  assert.equal(node.asked, 2);
  socket.destroy();
  await settled();
  assert.deepEqual([node.asked, node.decided], [2, ['maxima cleared']], 'what was to be done is done');
});
