import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { ENDPOINTS, endpointPath, matchEndpoints, REQUEST_FIELD } from '../../src/admin/endpoints.js';
import { startAdmin } from './node-double.js';

const PARAMS = {
  app: 'checkout',
  id: '172.17.0.2:8080',
  state: 'drain',
  name: 'directory',
  at: '2026-01-02T03:04:05Z',
  file: 'main.js',
};

for (const endpoint of ENDPOINTS) {
  test(`${endpoint.method} ${endpoint.path} answers`, async (context) => {
    const { origin } = await startAdmin(context);
    const path = endpointPath(endpoint.name, PARAMS);
    const headers = endpoint.method === 'POST' ? { [REQUEST_FIELD]: '1' } : {};
    const { statusCode, headers: fields, body } = await request(origin + path, { method: endpoint.method, headers });
    assert.equal(statusCode, 200);
    assert.match(String(fields['content-type']), /charset=utf-8$/);
    // A file of the page is asked for anew each time, by its tag.
    assert.equal(fields['cache-control'], endpoint.name === 'page-file' ? 'no-cache' : 'no-store');
    // A stream does not end.
    for await (const chunk of body) {
      assert.ok(chunk.length > 0);
      return;
    }
    assert.fail('it answers nothing');
  });

  test(`${endpoint.path} takes no other method than ${endpoint.method}`, async (context) => {
    const { origin, node } = await startAdmin(context);
    const path = endpointPath(endpoint.name, PARAMS);
    const others = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].filter((method) => method !== endpoint.method);
    for (const method of others) {
      const { statusCode, headers, body } = await request(origin + path, { method, headers: { [REQUEST_FIELD]: '1' } });
      await body.dump();
      assert.equal(statusCode, 405, method);
      assert.equal(headers.allow, endpoint.method === 'GET' ? 'GET, HEAD' : 'POST');
    }
    assert.deepEqual(node.decisions, []);
    assert.ok(node.heldSources.has('directory'));
  });
}

test('HEAD is GET without a body, also of what is sent in parts', async (context) => {
  const { origin } = await startAdmin(context);
  for (const path of ['/state', '/metrics']) {
    const { statusCode, headers, body } = await request(origin + path, { method: 'HEAD' });
    assert.equal(statusCode, 200);
    assert.equal(await body.text(), '');
    const whole = await (await request(origin + path)).body.bytes();
    assert.ok(whole.length > 100);
    assert.equal(headers['content-length'], String(whole.length));
  }
});

test('what is not there is a 404 that lists what is', async (context) => {
  const { origin } = await startAdmin(context);
  const { statusCode, body } = await request(`${origin}/stat`);
  assert.equal(statusCode, 404);
  const answer = (await body.json()) as { readonly error: string; readonly endpoints: readonly string[] };
  assert.equal(answer.error, 'there is nothing at /stat');
  assert.equal(answer.endpoints.length, ENDPOINTS.length);
});

test('any words become a path, and the path becomes the same words', () => {
  for (const word of ['a', '[fd00::2]:80', 'a/b', '%', 'ä b', '..', '?#']) {
    const path = endpointPath('set-instance-state', { app: word, id: word, state: 'maint' });
    const matches = matchEndpoints(path);
    assert.deepEqual(
      matches.map(({ endpoint, params }) => [endpoint.name, { ...params }]),
      [['set-instance-state', { app: word, id: word, state: 'maint' }]],
    );
  }
});

test('words that do not name a state, are empty or wrongly encoded match nothing', () => {
  for (const path of [
    '/apps/a/stop',
    '/apps//drain',
    '/apps/%E0%A4%A/drain',
    '/apps/a/instances//drain',
    '//state',
    '',
  ]) {
    assert.deepEqual(matchEndpoints(path), [], path);
  }
});
