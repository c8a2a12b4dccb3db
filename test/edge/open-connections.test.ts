/** How many connections there may be, how long they may be silent, and what ends one that is open. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { EdgeProcess } from '../support/edge/edge-process.js';
import { HAPROXY_ENDS } from '../support/edge/haproxy-versions.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';

const HOST = 'www.two.example';
const APPS = `
name: other
pods: [alpha]
protocol: http
slot: 21122
timeouts: {tunnel: 6h}
edge:
  routes:
    - {host: ${HOST}}
`;
const REQUEST = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
/** EdgeProcess's own `max_connections`. */
const MAX_CONNECTIONS = 200;
/** A client above the limit waits until another one leaves. */
const WAITS_MS = 3_000;

for (const version of HAPROXY_ENDS) {
  test(`connections, HAProxy ${version}`, async (context) => {
    const edge = await EdgeProcess.start(context, { apps: APPS, version, site: 'timeouts: {hello: 1s}' });

    await context.test(
      'an address that is denied at run time is refused on the connection that it has open',
      async () => {
        const connection = await edge.open(HOST, '127.0.7.7');
        connection.write(REQUEST);
        assert.equal((await connection.response('GET')).status, 200);
        const admin = connectTcp(`${edge.folder}/run/admin.sock`);
        admin.end('add acl lists/deny_src.lst 127.0.7.7\n');
        await once(admin.resume(), 'close');
        await assert.rejects(edge.open(HOST, '127.0.7.7'), 'the command was taken');
        connection.write(REQUEST);
        assert.equal((await connection.response('GET')).status, 403);
        connection.close();
      },
    );

    await context.test('a client may be silent between two requests for longer than before the TLS hello', async () => {
      const connection = await edge.open(HOST);
      for (let count = 0; count < 2; count += 1) {
        connection.write(REQUEST);
        assert.equal((await connection.response('GET')).status, 200);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
      }
      assert.equal(connection.socket.destroyed, false);
      connection.close();
    });

    await context.test('as many TLS clients as max_connections says, each counted once', async () => {
      const open: RawConnection[] = [];
      for (let count = 1; count <= MAX_CONNECTIONS; count += 1) {
        const late = AbortSignal.timeout(WAITS_MS);
        const opened = edge.open(HOST, `127.0.9.${count}`);
        const connection = await Promise.race([opened, once(late, 'abort').then(() => null)]);
        assert.ok(connection !== null, `client ${count} of ${MAX_CONNECTIONS} waits`);
        open.push(connection);
      }
      for (const connection of open) connection.close();
    });
  });
}
