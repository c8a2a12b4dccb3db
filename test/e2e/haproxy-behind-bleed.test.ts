/** A neighbor that is still real HAProxy, with `accept-proxy`, takes the bleed and hears of the client. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { encodeV2 } from '../../src/proxy-protocol/encode.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { startHaproxy } from '../support/edge/haproxy-process.js';
import { startNode } from '../support/node/node-process.js';
import { RawConnection } from '../support/traffic/raw-connection.js';

for (const version of ['v1', 'v2']) {
  test(`--send-proxy ${version}: HAProxy behind the bleed sees the client`, async (context) => {
    const origin = createServer((request, response) => response.end(String(request.headers['x-seen-by-haproxy'])));
    const originHost = ownAddress();
    await new Promise<void>((resolve) => origin.listen(0, originHost, resolve));
    atEnd(context, () => {
      origin.closeAllConnections();
      origin.close();
    });
    const { port: originPort } = origin.address() as { readonly port: number };
    const neighbor = ownAddress();
    const node = await startNode(
      context,
      (_host, slot) => ({ 'shop.yml': `shop: {protocol: http, translated_port: ${slot}, accept_proxy: true}\n` }),
      { '--neighbors': neighbor, '--send-proxy': version },
    );
    await startHaproxy(
      context,
      `listen slot
  mode http
  bind ${neighbor}:${node.slot} accept-proxy
  http-request set-header X-Seen-By-HAProxy "%[src]:%[src_port]"
  server origin ${originHost}:${originPort}
frontend health
  mode http
  bind ${neighbor}:${node.slot + 1}
  monitor-uri /health
`,
      { host: neighbor, port: node.slot + 1 },
    );
    const header = encodeV2({
      source: { address: '198.51.100.7', port: 40_000 },
      destination: { address: '192.0.2.1', port: 443 },
    });
    // The neighbor is used once it has passed a check.
    for (let status = 0; status !== 200; ) {
      const balancer = await RawConnection.open(node.slot, node.host);
      balancer.write(Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\nHost: shop\r\n\r\n')]));
      const response = await balancer.response();
      ({ status } = response);
      assert.ok(status === 200 || status === 503, `${status}`);
      if (status === 200) assert.equal(response.body, '198.51.100.7:40000');
      balancer.close();
    }
  });
}
