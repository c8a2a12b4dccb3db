/** The site's own error pages: sent with their type, followed when they change, kept when they cannot be read. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';

const SHOP = `name: shop
pods: [alpha]
protocol: http
slot: 21304
edge:
  methods: [GET]
  routes: [{host: shop.one.example, path: /shop}]
`;

for (const version of HAPROXY_ENDS)
  test(`error pages of one's own, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, {
      version,
      site: 'error_pages: {404: errors/404.html, 503: errors/503.json, 405: errors/none.html}\n',
    });
    const folder = path.join(edge.folder, 'errors');
    mkdirSync(folder);
    writeFileSync(path.join(folder, '404.html'), '<h1>not h\u00e9re</h1>\n');
    writeFileSync(path.join(folder, '503.json'), '{"error": "later"}');
    edge.writeApp('shop', SHOP);
    await edge.run();
    await edge.settled();
    const ask = (target: string, method = 'GET') => edge.ask({ hosts: ['shop.one.example'], target, method });

    const missing = await ask('/');
    const type = missing.fields.get('content-type');
    assert.deepEqual([missing.status, type], [404, 'text/html; charset=utf-8']);
    assert.equal(Buffer.from(missing.body, 'latin1').toString(), '<h1>not h\u00e9re</h1>\n');
    // Nobody listens at the slot.
    await eventually('the server is down', async () => (await ask('/shop')).status === 503);
    const down = await ask('/shop');
    assert.deepEqual([down.fields.get('content-type'), down.body], ['application/json', '{"error": "later"}']);
    assert.equal(down.fields.get('retry-after'), '5');
    const refused = await ask('/shop', 'POST');
    assert.deepEqual(
      [refused.status, refused.fields.get('allow'), refused.body],
      [405, 'GET', '405 Method Not Allowed\n'],
    );
    assert.match(edge.log, /site\.error_pages\.405: .*none\.html/);

    writeFileSync(path.join(folder, '404.html'), 'moved');
    await eventually('the new page is sent', async () => (await ask('/')).body === 'moved');
    rmSync(path.join(folder, '404.html'));
    await eventually('the loss is named', async () => /site\.error_pages\.404: .*last one is sent/.test(edge.log));
    assert.equal((await ask('/')).body, 'moved');
  });
