import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { startAdmin } from './node-double.js';

async function statusOf(url: string): Promise<number> {
  const { statusCode, body } = await request(url);
  await body.dump();
  return statusCode;
}

test('a node that does not serve lives and is not ready, and says why', async (context) => {
  const { node, origin } = await startAdmin(context);
  node.notReady = 'no slot is bound: shop: EADDRINUSE \u001b[2J';
  const { body } = await request(`${origin}/ready`);
  assert.equal(await body.text(), 'not ready: no slot is bound: shop: EADDRINUSE \\u001b[2J\n');
  assert.equal(await statusOf(`${origin}/ready`), 503);
  assert.equal(await statusOf(`${origin}/health`), 503);
  assert.equal(await statusOf(`${origin}/ping`), 200);
});

test('a node that is stopping is neither alive nor ready for those who ask', async (context) => {
  const { node, origin } = await startAdmin(context);
  node.stopping = true;
  for (const path of ['/ready', '/health', '/ping']) assert.equal(await statusOf(origin + path), 503, path);
});

test('a question that fails is a 500 with the reason, and the next one is answered', async (context) => {
  const { node, origin } = await startAdmin(context);
  node.failure = new Error('a worker does not answer');
  const { statusCode, body } = await request(`${origin}/state`);
  assert.equal(statusCode, 500);
  assert.match(await body.text(), /a worker does not answer/);
  node.failure = null;
  assert.equal(await statusOf(`${origin}/state`), 200);
});
