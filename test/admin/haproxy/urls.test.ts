import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { formatStatisticsPage } from '../../../src/admin/haproxy/statistics-page.js';
import { startAdmin } from '../node-double.js';
import { appView, instanceAt, proxyView, serverView } from './views.js';

const CSV = '# pxname,svname,';
const JSON_TEXT = '[[{"objType":"Frontend","proxyId":21034,';
const PAGE = '<!doctype html>\n';
const TYPES = { [CSV]: 'text/plain', [JSON_TEXT]: 'application/json', [PAGE]: 'text/html' };

for (const [url, start] of [
  ['/;csv', CSV],
  ['/;csv;norefresh', CSV],
  ['/;norefresh;csv', CSV],
  ['/;csv?x=1', CSV],
  ['/stats;csv', CSV],
  ['/stats;csv;norefresh', CSV],
  ['/stats/;csv', CSV],
  ['/stats?;csv', CSV],
  ['/stats?scope=shop;csv', CSV],
  ['/stats;csv?scope=shop;norefresh', CSV],
  ['/haproxy?stats;csv', CSV],
  ['/haproxy?stats/;csv', CSV],
  ['/haproxy?stats/;csv;norefresh', CSV],
  ['/?stats;csv', CSV],
  ['/admin?stats;csv', CSV],
  ['/haproxy;csv', CSV],
  ['/haproxy_stats;csv;norefresh', CSV],
  ['/haproxy-status?stats;csv', CSV],
  ['/;json', JSON_TEXT],
  ['/stats;json', JSON_TEXT],
  ['/stats/;json', JSON_TEXT],
  ['/haproxy?stats;json;norefresh', JSON_TEXT],
  ['/;', PAGE],
  ['/;norefresh', PAGE],
  ['/;up;norefresh', PAGE],
  ['/;no-maint', PAGE],
  ['/?stats', PAGE],
  ['/stats', PAGE],
  ['/stats/', PAGE],
  ['/stats;', PAGE],
  ['/stats?scope=shop', PAGE],
  ['/stats;st=DONE', PAGE],
  ['/haproxy', PAGE],
  ['/haproxy?stats', PAGE],
  ['/haproxy_stats', PAGE],
  ['/admin?stats', PAGE],
] as const) {
  test(`${url} has the statistics`, async (context) => {
    const { origin } = await startAdmin(context);
    const { statusCode, headers, body } = await request(origin + url);
    assert.equal(statusCode, 200);
    assert.equal(headers['content-type'], `${TYPES[start]}; charset=utf-8`);
    const text = await body.text();
    assert.equal(text.slice(0, start.length), start);
    const head = await request(origin + url, { method: 'HEAD' });
    assert.deepEqual([head.statusCode, await head.body.text()], [200, '']);
    assert.equal(head.headers['content-length'], String(Buffer.byteLength(text)));
  });
}

for (const url of [
  '/;csvx',
  '/;CSV',
  '/;typed',
  '/x;csv',
  '/lb?stats;csv',
  '/state;csv',
  '/haproxy?stat;csv',
  '/admin',
]) {
  test(`there is nothing at ${url}`, async (context) => {
    const { origin } = await startAdmin(context);
    const { statusCode, body } = await request(origin + url);
    await body.dump();
    assert.equal(statusCode, 404);
  });
}

for (const url of ['/;', '/stats', '/haproxy?stats']) {
  test(`a browser that opens ${url} is led to the page of the node`, async (context) => {
    const { origin } = await startAdmin(context);
    const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const led = await request(origin + url, { headers });
    assert.deepEqual([led.statusCode, led.headers.location, led.headers.vary], [302, '/', 'Accept']);
    await led.body.dump();
    const page = await request(new URL(String(led.headers.location), origin), { headers });
    assert.equal(page.statusCode, 200);
    assert.match(await page.body.text(), /<title>autoproxy<\/title>/);
    // It asked for the CSV, whatever it can show.
    const csv = await request(`${origin}/;csv`, { headers });
    assert.equal((await csv.body.text()).slice(0, CSV.length), CSV);
  });
}

test('servers that are down or in maintenance can be left out', async (context) => {
  const { origin, node } = await startAdmin(context);
  const servers = [
    serverView(instanceAt('172.17.0.2', 8_080)),
    serverView(instanceAt('172.17.0.3', 8_080), { isUp: false }),
    serverView(instanceAt('172.17.0.4', 8_080, { state: 'maint' })),
  ];
  node.view = proxyView([appView(servers)]);
  const serversAt = async (url: string): Promise<readonly string[]> =>
    (await (await request(origin + url)).body.text()).match(/(?<=shop_172\.17\.0\.)\d/g) ?? [];
  assert.deepEqual(await serversAt('/;csv'), ['2', '3', '4']);
  assert.deepEqual(await serversAt('/haproxy?stats;csv;no-maint'), ['2', '3']);
  assert.deepEqual(await serversAt('/stats;up;csv'), ['2']);
  assert.deepEqual(new Set(await serversAt('/;json;up')), new Set(['2']));
});

test('a name of the node is text on the page, and no HTML', () => {
  assert.match(formatStatisticsPage(proxyView([], { node: '<b>"a"&' })), / on &#60;b&#62;&#34;a&#34;&#38;<\/h2>/);
});
