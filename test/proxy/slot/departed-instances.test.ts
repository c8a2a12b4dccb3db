/** Connections to containers that are gone, look by look. @see promises/gone-container, with sockets */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceConnection } from '../../../src/proxy/roles/instance-connection.js';
import { DepartedInstances } from '../../../src/proxy/slot/departed-instances.js';
import { Instance } from '../../../src/proxy/slot/instance.js';
import { FakeClock } from '../../support/fake-clock.js';

const LIFE = 'web@1';
const LOOK_MS = 250;

class Connection implements InstanceConnection {
  readonly isIdle = false;
  readonly busySince = 0;
  readonly connecting = null;
  isPaused = false;
  bytesRead = 0;
  isDiscarded = false;

  discard(): void {
    this.isDiscarded = true;
  }
}

/** One connection to a removed instance whose container is gone; the first look was taken. */
function gone(): {
  readonly connection: Connection;
  readonly look: () => Promise<boolean>;
  readonly snapshot: () => void;
} {
  const clock = new FakeClock();
  const departed = new DepartedInstances(clock);
  const instance = new Instance('127.0.0.1:8080', '127.0.0.1', 8080, false);
  instance.life = LIFE;
  instance.isRemoved = true;
  const connection = new Connection();
  instance.connections.add(connection);
  departed.add(instance);
  const snapshot = (): void => departed.end([{ life: LIFE, host: null }]);
  snapshot();
  const look = async (): Promise<boolean> => {
    await clock.advance(LOOK_MS);
    return connection.isDiscarded;
  };
  return { connection, look, snapshot };
}

test('a connection on which nothing came since the last look ends', async () => {
  const { connection, look } = gone();
  connection.bytesRead = 10;
  assert.equal(await look(), false, 'something came');
  assert.equal(await look(), true);
});

test('a connection that is paused for a slow client is left alone, and has a whole look after that', async () => {
  const { connection, look } = gone();
  connection.isPaused = true;
  for (let round = 0; round < 3; round += 1) assert.equal(await look(), false, 'it may have more in the kernel');
  connection.isPaused = false;
  assert.equal(await look(), false, 'what it had in the kernel may not be read yet');
  assert.equal(await look(), true);
});

test('a snapshot that says again what is gone gives no connection more time', async () => {
  const { look, snapshot } = gone();
  snapshot();
  assert.equal(await look(), true);
});
