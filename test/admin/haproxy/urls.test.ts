import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { startAdmin } from '../node-double.js';

for (const [url, start] of [
  ['/;csv', '# pxname,svname,'],
  ['/;csv;norefresh', '# pxname,svname,'],
  ['/stats;csv', '# pxname,svname,'],
  ['/haproxy?stats;csv', '# pxname,svname,'],
  ['/?stats;csv', '# pxname,svname,'],
  ['/admin?stats;csv', '# pxname,svname,'],
  ['/haproxy;csv', '# pxname,svname,'],
  ['/;json', '[[{"objType":"Frontend","proxyId":21034,'],
  ['/haproxy?stats;json;norefresh', '[[{"objType":"Frontend","proxyId":21034,'],
] as const) {
  test(`${url} has the statistics`, async (context) => {
    const { origin } = await startAdmin(context);
    const { statusCode, body } = await request(origin + url);
    assert.equal(statusCode, 200);
    assert.equal((await body.text()).slice(0, start.length), start);
  });
}

for (const url of ['/;csvx', '/x;csv', '/state;csv', '/stats;', '/haproxy?stat;csv', '/;CSV']) {
  test(`there is nothing at ${url}`, async (context) => {
    const { origin } = await startAdmin(context);
    const { statusCode, body } = await request(origin + url);
    await body.dump();
    assert.equal(statusCode, 404);
  });
}
