/** What each answer to a transaction means, also one that no Consul gives when all is well. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ConsulRegistry } from '../../src/registry/consul.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { consulSettings } from './registries.js';

interface Written {
  readonly operations: unknown;
  /** What the write came to, or what it said. */
  readonly outcome: boolean | string;
}

/** Writes the app "shop" where each transaction is answered so. */
async function putWhere(context: TestContext, status: number, body: unknown): Promise<Written> {
  let operations: unknown = null;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    request.once('end', () => {
      operations = JSON.parse(text);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, ownAddress());
  await once(server, 'listening');
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  const { address, port } = server.address() as AddressInfo;
  const registry = new ConsulRegistry(consulSettings(`http://${address}:${port}`));
  atEnd(context, () => registry.close());
  try {
    return { outcome: await registry.put('shop', 'héllo', null, null), operations };
  } catch (error) {
    assert.ok(error instanceof RegistryFailure);
    const place = new RegExp(` ?(at )?http://${address.replaceAll('.', '\\.')}:${port}`);
    return { outcome: `${error.message.replace(place, '')} (${error.hint})`, operations };
  }
}

const KEY = 'autoproxy/apps/shop';

test('a write is one transaction by check-and-set', async (context) => {
  assert.deepEqual(await putWhere(context, 200, { Results: [], Errors: null }), {
    outcome: true,
    operations: [{ KV: { Verb: 'cas', Key: KEY, Value: Buffer.from('héllo').toString('base64'), Index: 0 } }],
  });
});

test('an index that moved on is a lost race, unless a right is missing', async (context) => {
  const stale = { OpIndex: 0, What: 'failed to set key, index is stale' };
  for (const body of [{ Errors: [stale] }, { Errors: null }, {}, null, { Errors: [{}] }])
    assert.equal((await putWhere(context, 409, body)).outcome, false);
  const denied = await putWhere(context, 409, { Errors: [stale, { OpIndex: 1, What: 'Permission denied' }] });
  assert.match(
    String(denied.outcome),
    /autoproxy\/apps\/shop.*lacks the right key_prefix "autoproxy\/" \{ policy = "write" \}.* \(give a token with CONSUL_HTTP_TOKEN or CONSUL_HTTP_TOKEN_FILE that has it\)$/,
  );
});

test('an answer that is neither says what it is', async (context) => {
  const failing = String((await putWhere(context, 500, 'no leader')).outcome);
  assert.match(failing, /autoproxy\/apps\/shop/);
  assert.match(failing, /500/);
  assert.match(failing, /\(check the servers of Consul: writes need a leader\)$/);
  assert.doesNotMatch(failing, /lacks the right/);
});
