/** Nobody reads the log any more: the front door goes on, and stops in order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { eventually } from '../../support/eventually.js';

/** One is enough: nobody reads the log of `edge run`, which is not HAProxy's affair. */
const VERSION = '3.0';

test('edge run goes on and stops in order when nobody reads its log', async (context) => {
  const edge = await EdgeDeployment.create(context, { version: VERSION });
  const child = edge.launch();
  await eventually('HAProxy runs', async () => edge.log.includes('HAProxy runs'));
  await edge.settled();
  child.stderr?.destroy();
  // HAProxy writes a line for each proxy that it stops, and edge run passes them on.
  assert.equal(await edge.stop(), 0);
});
