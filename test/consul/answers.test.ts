import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeServicesFromBody } from '../../src/consul/answers.js';

test('a service whose id is the name of a property of every object is a service', () => {
  const ids = ['shop-1', '__proto__', 'constructor', 'toString'];
  const services = ids.map((id) => `"${id}":{"ID":"${id}","Service":"shop","Port":80,"Meta":{"__proto__":"x"}}`);
  const body: unknown = JSON.parse(`{"Node":{"Address":"10.0.0.1"},"Services":{${services.join()}}}`);
  assert.deepEqual(
    nodeServicesFromBody(body)?.services.map(({ id }) => id),
    ids,
  );
});

test('services that do not form a map make the answer invalid', () => {
  for (const Services of [[], 'shop', 1, [{ ID: 'shop-1', Service: 'shop' }]]) {
    assert.throws(() => nodeServicesFromBody({ Node: { Address: '10.0.0.1' }, Services }), {
      kind: 'malformed',
      message: 'the services of a node: Services: is not a map',
    });
  }
});
