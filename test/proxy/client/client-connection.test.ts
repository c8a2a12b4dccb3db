/** When the kernel is asked whether a silent client is still there. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Transports } from '../../../src/proxy/io/transport.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { TRANSPORT_WAYS } from '../../support/node/transport-ways.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** What the kernel is asked for of a connection that is there: both ways to read and write a socket come by it. */
function kernelSideOf({ socket }: RawConnection): { setKeepAlive(isOn: boolean, afterSeconds: number): number } {
  return Object.getPrototypeOf((socket as unknown as { readonly _handle: object })._handle);
}

/** Of three seconds, by a client that asks an instance which never answers. */
async function probesOf(
  context: TestContext,
  transports: Transports,
  ask: (client: RawConnection) => void,
): Promise<readonly unknown[]> {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, () => {});
  const plane = await TestPlane.start(context, { clock, transports, slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  const probes = context.mock.method(kernelSideOf(client), 'setKeepAlive');
  ask(client);
  await eventually('its request is there', () => instance.received.includes('\r\n\r\n'));
  await clock.advance(3_000);
  probes.mock.restore();
  return probes.mock.calls.map(({ arguments: given }) => given);
}

for (const [way, create] of TRANSPORT_WAYS) {
  const transports = create();
  test(`${way}: a client that is read from is not probed: its end is seen`, async (context) => {
    assert.deepEqual(await probesOf(context, transports, (client) => client.write(GET)), []);
  });

  test(`${way}: a client that has ended its side is probed after 30 s, which is set once`, async (context) => {
    const asking = (client: RawConnection): void => {
      client.write(GET);
      client.socket.end();
    };
    assert.deepEqual(await probesOf(context, transports, asking), [[true, 30]]);
  });

  test(`${way}: a client that is not read from, since it sent too much ahead, is probed too`, async (context) => {
    const ahead = Buffer.alloc(1_048_576, GET).toString('latin1');
    assert.deepEqual(await probesOf(context, transports, (client) => client.write(ahead)), [[true, 30]]);
  });
}
