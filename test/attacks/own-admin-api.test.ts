/**
 * Somebody who may write the file of an app, or the labels of a container, names the admin API of the node as an instance.
 * Clients reach the slot, and the admin API takes each caller for an operator.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/addresses.js';
import { findPlace, startNodeAt } from '../support/node/node-process.js';
import { writeAtomically } from '../support/node/services-directory.js';

/** Where the admin API listens, and the addresses that lead there; null: one address of its own. */
const LISTENERS: readonly (readonly [listener: string | null, addresses: readonly string[]])[] = [
  [null, []],
  ['0.0.0.0', ['127.0.0.1', '127.0.0.77', '[::ffff:127.0.0.1]']],
  ['[0::0]', ['127.0.0.1', '[0:0::1]', '[::ffff:7f00:1]']],
];

for (const [listener, addresses] of LISTENERS) {
  const names = listener === null ? 'its one address' : `${listener} as ${addresses.join(' or ')}`;
  test(`clients do not reach the admin API at ${names}`, async (context) => {
    const place = await findPlace(context);
    const { host } = place;
    // At its one address or at all of them, where another test may have a port on an address of its own.
    const port = await freePort(listener === null ? host : '0.0.0.0');
    const folder = path.join(place.root, 'services');
    mkdirSync(folder);
    const instances = (listener === null ? [host] : addresses).map((address) => `"${address}:${port}"`).join(', ');
    const text = `shop: {protocol: http, translated_port: ${place.slot}, instances: [${instances}]}\n`;
    await writeAtomically(path.join(folder, 'shop.yml'), text);
    const node = await startNodeAt(context, { ...place, admin: `${listener ?? host}:${port}` });

    const answer = await fetch(`http://${place.host}:${place.slot}/state`);
    assert.equal(answer.status, 503);
    assert.doesNotMatch(await answer.text(), /test-node/);
    await node.logged(/is the admin API of this node, so it is left out \(write the address and the port/);
  });
}
