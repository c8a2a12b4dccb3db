/**
 * Answers in the shapes of newer Consul than the one that the other tests run: of 1.15, of 1.18 Enterprise, of 1.22, and
 * refusals. They were written by hand after the documents of its API, with made-up names; a server says them again, so that
 * they go the whole way through the client.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { checksFromBody } from '../../src/consul/answers.js';
import { ConsulConnection } from '../../src/consul/connection.js';
import { ConsulFailure } from '../../src/consul/failure.js';
import {
  type Answer,
  type Read,
  readFrom,
  readKeys,
  readNodeChecks,
  readNodeServices,
  readNow,
  readServiceNodes,
} from '../../src/consul/reads.js';
import { createKeyedObject } from '../../src/core/keyed-object.js';
import { isShown, podNodesFrom } from '../../src/neighbors/consul-nodes.js';
import { atEnd } from '../support/at-end.js';

interface WrittenAnswer {
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The documents stand beside the sources; tests run from dist/test/consul. */
function answersOf(name: string): readonly WrittenAnswer[] {
  const file = new URL(`../../../test/consul/answers/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly answers: readonly WrittenAnswer[] }).answers;
}

/** @returns what asks a Consul that says these answers, each for its path; one alone for every path */
async function replay(
  context: TestContext,
  answers: readonly WrittenAnswer[],
): Promise<<T>(read: Read<T>) => Promise<Answer<T>>> {
  const server = createServer(({ url }, response) => {
    const path = decodeURIComponent(url?.replace(/\?.*/, '') ?? '');
    const answer = answers.length === 1 ? answers[0] : answers.find((candidate) => candidate.path === path);
    const body = typeof answer?.body === 'string' ? answer.body : JSON.stringify(answer?.body);
    response.writeHead(answer?.status ?? 400, answer?.headers).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const none = { token: null, tokenFile: null, caFile: null, certFile: null, keyFile: null };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = new ConsulConnection({ url, ...none, namespace: null, datacenter: null });
  atEnd(context, () => {
    connection.close();
    server.close();
  });
  return (read) => readFrom(connection, read, readNow('stale', AbortSignal.timeout(5_000)));
}

const KEYS = readKeys('autoproxy/apps/');
const SERVICES = readNodeServices('docker-1');
const CHECKS = readNodeChecks('docker-1');
const NODES = readServiceNodes('autoproxy', 'alpha');

const DOCUMENT = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21034\n';

test('1.15: new fields everywhere, a proxy of the mesh, a folder, the streaming backend', async (context) => {
  const ask = await replay(context, answersOf('consul-1.15'));
  const keys = await ask(KEYS);
  // And not the empty key of the folder.
  assert.deepEqual(keys.value, [{ key: 'autoproxy/apps/shop', text: DOCUMENT, modifyIndex: 61 }]);
  assert.deepEqual(
    { ...keys, value: null },
    {
      value: null,
      index: 61,
      consistency: 'stale',
      hasLeader: true,
      lastContactMs: 0,
      isFiltered: false,
    },
  );
  const { value } = await ask(SERVICES);
  assert.equal(value?.address, '10.20.0.11');
  assert.deepEqual(
    value.services.map(({ id }) => id),
    ['consul', 'shop-1', 'autoproxy-alpha-docker-1'],
    'what the mesh puts beside a service is none of ours',
  );
  assert.deepEqual(value.services[1], {
    id: 'shop-1',
    name: 'shop',
    tags: ['autoproxy.weight=50'],
    meta: createKeyedObject([['autoproxy-state', 'ready']]),
    address: '172.17.0.2',
    port: 8080,
    weights: { passing: 1, warning: 1 },
  });
  assert.deepEqual(
    (await ask(CHECKS)).value.map(({ id, status, serviceId }) => [id, status, serviceId]),
    [
      ['serfHealth', 'passing', ''],
      ['service:shop-1', 'passing', 'shop-1'],
      ['_service_maintenance:shop-1', 'critical', 'shop-1'],
      ['service:autoproxy-alpha-docker-1', 'passing', 'autoproxy-alpha-docker-1'],
    ],
  );
  const nodes = await ask(NODES);
  const other = { id: 'somebody else', agent: 'docker-2' };
  assert.deepEqual(
    podNodesFrom(nodes.value, other, [], null).map(({ host, standing }) => [host, standing]),
    [['10.20.0.11', 'counted']],
  );
  assert.ok(isShown(nodes.value, { id: 'autoproxy-alpha-docker-1', agent: 'docker-1' }));
  assert.ok(!isShown(nodes.value, other));
});

test('1.18 Enterprise: partitions, places, no meta, and a token that does not see all', async (context) => {
  const ask = await replay(context, answersOf('consul-1.18-enterprise'));
  assert.deepEqual((await ask(KEYS)).value, [{ key: 'autoproxy/apps/shop', text: DOCUMENT, modifyIndex: 61 }]);
  const services = await ask(SERVICES);
  assert.ok(services.isFiltered);
  assert.deepEqual(services.value?.services[0]?.meta, createKeyedObject());
  assert.deepEqual(services.value?.services[0]?.weights, { passing: 10, warning: 1 });
  const checks = await ask(CHECKS);
  assert.ok(checks.isFiltered);
  assert.deepEqual(
    checks.value.map(({ status }) => status),
    ['passing', 'warning'],
  );
  assert.equal((await ask(NODES)).value[0]?.nodeAddress, '10.20.0.11');
});

test('1.22: addresses of IPv6, null where a list was, and nobody there', async (context) => {
  const ask = await replay(context, answersOf('consul-1.22'));
  assert.equal((await ask(SERVICES)).value?.services[0]?.address, 'fd00::2');
  assert.deepEqual(
    (await ask(CHECKS)).value.map(({ status }) => status),
    ['passing', 'critical'],
  );
  assert.deepEqual((await ask(NODES)).value, []);
});

test('refusals are told apart by their status, not by their words', async (context) => {
  const wanted: readonly (readonly [kind: ConsulFailure['kind'], said: RegExp])[] = [
    ['denied', /the token lacks the right key_prefix "autoproxy\/apps\/" \{ policy = "read" \}/],
    ['denied', /the token lacks the right key_prefix/],
    ['denied', /does not know the token/],
    ['denied', /does not know the token/],
    ['failing', /answered 500 .*No cluster leader/],
    ['failing', /answered 429 .*too many concurrent connections/],
    ['failing', /answered 429 .*rate limit exceeded/],
    ['failing', /answered 503 .*only be performed by the leader/],
  ];
  const answers = answersOf('refusals');
  assert.equal(answers.length, wanted.length);
  for (const [index, answer] of answers.entries()) {
    const [kind, said] = wanted[index] ?? [];
    const ask = await replay(context, [answer]);
    await assert.rejects(
      ask(KEYS),
      (error) => error instanceof ConsulFailure && error.kind === kind && said?.test(error.message) === true,
      answer.path,
    );
  }
});

test('a status that no Consul of today has is a warning, and takes nothing out', () => {
  const statuses = ['passing', 'warning', 'critical', 'shaky', '', 'Critical'];
  assert.deepEqual(
    checksFromBody(statuses.map((Status) => ({ CheckID: 'c', Status }))).map(({ status }) => status),
    ['passing', 'warning', 'critical', 'warning', 'warning', 'warning'],
  );
});
