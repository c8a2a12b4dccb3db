/** Each real server that is installed here starts, answers GET and POST on one connection where it keeps them, and ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import { isInstalled } from '../installable.js';
import { QUICK_SERVERS } from './all.js';
import { startServer } from './real-server.js';

for (const server of QUICK_SERVERS) {
  const skip = isInstalled(server) ? false : `${server.packages.join(', ')}: not installed`;
  test(server.name, { skip }, async (context) => {
    const { host, port } = await startServer(context, server);
    let client = await RawConnection.open(port, host);
    for (const method of ['GET', 'POST']) {
      const length = method === 'POST' ? 'Content-Length: 5\r\n' : '';
      client.write(`${method} / HTTP/1.1\r\nHost: a\r\n${length}\r\n${method === 'POST' ? 'hello' : ''}`);
      const { status, body } = await client.response();
      assert.deepEqual([status, body], [200, 'ok'], method);
      if (server.keepAliveMs > 0) continue;
      client.close();
      client = await RawConnection.open(port, host);
    }
    client.close();
  });
}
