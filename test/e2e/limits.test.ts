/** A node of four workers in front of an instance that can do one thing at a time: it is never asked for two. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { CountingInstance } from '../support/traffic/counting-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

test('limits.connections is exact over four workers, and what comes meanwhile waits', async (context) => {
  const instance = await CountingInstance.startHttp(context, 2);
  const services = (_host: string, slot: number) => ({
    'shop.yml': `${appText('shop', slot, [instance.id])}  limits: {connections: 1}\n`,
  });
  const node = await startNode(context, services, { '--workers': '4' });
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(node.host, node.slot)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(instance.mostRequests, 1);
});
