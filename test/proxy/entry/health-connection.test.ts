import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeV1, encodeV2 } from '../../../src/proxy-protocol/encode.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';

const USABLE = instanceOf({ host: '127.0.0.1', port: 9 });
const REQUEST = Buffer.from('GET /health HTTP/1.1\r\nHost: node\r\n\r\n', 'latin1');
const ENDPOINTS = {
  source: { address: '198.51.100.7', port: 40_000 },
  destination: { address: '203.0.113.1', port: 443 },
};

/** What balancers put before a check: nothing, or a header of either version, for themselves or for somebody. */
const BEGINNINGS = {
  'no header': Buffer.alloc(0),
  'version 1': encodeV1(ENDPOINTS),
  'version 1, unknown': encodeV1(null),
  'version 2, LOCAL': encodeV2(null),
  'version 2, PROXY': encodeV2(ENDPOINTS, { hasChecksum: true }),
} as const;

for (const [name, beginning] of Object.entries(BEGINNINGS)) {
  test(`a check with ${name} is answered alike`, async (context) => {
    const plane = await TestPlane.start(context, { slot: { instances: [USABLE] } });
    const checker = await plane.connectHealth();
    checker.write(Buffer.concat([beginning, REQUEST]));
    const response = await checker.response();
    assert.equal(response.status, 200);
    assert.match(response.body, /Service ready\./);
    // The header stands at the beginning of the connection, not of each check.
    checker.write(REQUEST);
    assert.equal((await checker.response()).status, 200);
    checker.close();
  });

  test(`a check with ${name} is answered alike, wherever it is cut`, async (context) => {
    const plane = await TestPlane.start(context, { slot: { instances: [USABLE] } });
    const whole = Buffer.concat([beginning, REQUEST]).toString('latin1');
    for (let cut = 1; cut < whole.length; cut += 1) {
      const checker = await plane.connectHealth();
      await checker.writePieces([whole.slice(0, cut), whole.slice(cut)]);
      assert.equal((await checker.response()).status, 200, `cut at ${cut}`);
      checker.close();
    }
  });
}

test('without a usable instance it answers 503', async (context) => {
  const plane = await TestPlane.start(context, { slot: { instances: [{ ...USABLE, state: 'maint' }] } });
  const checker = await plane.connectHealth();
  checker.write('HEAD /health-check HTTP/1.1\r\nHost: node\r\n\r\n');
  assert.equal((await checker.response('HEAD')).status, 503);
  checker.close();
});

test('a broken header ends the connection without an answer', async (context) => {
  const plane = await TestPlane.start(context, { slot: { instances: [USABLE] } });
  const checker = await plane.connectHealth();
  checker.write('PROXY TCP4 1.2.3.4 1.2.3.4 99999 1\r\nGET /health HTTP/1.1\r\nHost: node\r\n\r\n');
  assert.equal(await checker.ended(), '');
});

test('a check that cannot be read is told why, with HEAD too', async (context) => {
  const plane = await TestPlane.start(context, { slot: { instances: [USABLE] } });
  const heads = [
    'GET /health HTTP/1.1\r\nNo colon\r\n\r\n',
    'HEAD /health HTTP/1.1\r\nNo colon\r\n\r\n',
    'GET /health HTTPS/1.1\r\nHost: node\r\n\r\n',
    'CONNECT node:1 HTTP/1.1\r\nHost: node\r\n\r\n',
  ];
  for (const head of heads) {
    const checker = await plane.connectHealth();
    checker.write(head);
    const response = await checker.response();
    assert.equal(response.status, 400, head);
    assert.match(response.body, /Bad Request/);
    assert.equal(await checker.ended(), '');
  }
});

test('a head that grows without end is refused', async (context) => {
  const plane = await TestPlane.start(context, { slot: { instances: [USABLE] } });
  const checker = await plane.connectHealth();
  checker.write('GET /health HTTP/1.1\r\n');
  for (let piece = 0; piece < 20; piece += 1) checker.write(`X: ${'a'.repeat(1_000)}\r\n`);
  assert.equal((await checker.response()).status, 431);
  await checker.ended();
});
