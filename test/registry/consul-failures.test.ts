/** A Consul that answers wrongly, or not at all: the command ends, says so, and nothing is half written. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ConsulRegistry } from '../../src/registry/consul.js';
import { putApp } from '../../src/registry/put-app.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { atEnd } from '../support/at-end.js';
import { startConsulFor } from '../support/consul/consul.js';
import { putOptions, smallApp } from './put-options.js';
import { consulSettings } from './registries.js';

async function registryBehind(context: TestContext, answer: RequestListener): Promise<ConsulRegistry> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const registry = new ConsulRegistry(consulSettings(`http://127.0.0.1:${port}`));
  atEnd(context, () => {
    registry.close();
    server.close();
    server.closeAllConnections();
  });
  return registry;
}

const NO_LEADER = { 'content-type': 'application/json', 'x-consul-index': '9', 'x-consul-knownleader': 'false' };

const WRONG: readonly (readonly [what: string, answer: RequestListener, said: RegExp, hint: RegExp])[] = [
  [
    'answers 500',
    (_, response) => response.writeHead(500, { 'content-type': 'text/plain' }).end('No cluster leader'),
    /answered 500 .*No cluster leader/,
    /check the servers of Consul/,
  ],
  [
    'has no leader',
    (_, response) => response.writeHead(404, NO_LEADER).end(),
    /has no leader/,
    /check the servers of Consul/,
  ],
  ['is no Consul', (_, response) => response.end('<html>'), /is not Consul|is unusable/, /name the URL of an agent/],
  ['cuts its answers', (request) => request.socket.destroy(), /is unreachable/, /check that the agent runs there/],
];

for (const [what, answer, said, hint] of WRONG) {
  test(`one that ${what} is named, with what to do`, async (context) => {
    const registry = await registryBehind(context, answer);
    for (const attempt of [() => registry.list(), () => putApp(registry, smallApp('shop'), putOptions())]) {
      await assert.rejects(
        attempt(),
        (error) => error instanceof RegistryFailure && said.test(error.message) && hint.test(error.hint ?? ''),
      );
    }
  });
}

test('an answer that is lost after the document was written costs neither the document nor its slot', async (context) => {
  const agent = await startConsulFor(context);
  let isCutting = false;
  const through = await registryBehind(context, async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    const body = Buffer.concat(parts);
    const isDocument = body.includes('autoproxy/apps/');
    const headers = { 'content-type': 'application/json' };
    const { method = 'GET', url = '/' } = request;
    const answer = await fetch(`${agent.url}${url}`, { method, headers, ...(body.length > 0 ? { body } : {}) });
    if (isDocument && isCutting) return request.socket.destroy();
    const names = ['content-type', 'x-consul-index'];
    const kept = names.map((name) => [name, answer.headers.get(name)]).filter(([, value]) => value !== null);
    response.writeHead(answer.status, Object.fromEntries(kept));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  isCutting = true;
  await assert.rejects(putApp(through, smallApp('shop'), putOptions()), /is unreachable/);
  isCutting = false;
  const slot = (await through.get('shop'))?.definition.slot ?? assert.fail('it was written');
  assert.equal(await through.slots.get(slot), 'shop');
  assert.equal((await putApp(through, smallApp('shop'), putOptions())).kind, 'unchanged');
});
