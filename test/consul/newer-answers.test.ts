/**
 * Answers in the shape that newer Consul gives (its API documentation, 1.15 to 1.22): fields that 1.8 did not have are no
 * trouble, and what was left out or became null means what it meant. Written from the documentation, not recorded.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksFromBody, keysFromBody, nodeServicesFromBody, serviceNodesFromBody } from '../../src/consul/answers.js';
import { ConsulFailure } from '../../src/consul/failure.js';

const NODE = {
  ID: '40e4a748-2192-161a-0510-9bf59fe950b5',
  Node: 'a1',
  Address: '10.0.1.1',
  Datacenter: 'dc1',
  TaggedAddresses: { lan: '10.0.1.1', lan_ipv4: '10.0.1.1', wan: '10.0.1.1' },
  Meta: { 'consul-network-segment': '', 'consul-version': '1.22.0' },
  Locality: { Region: 'r1', Zone: 'z1' },
  CreateIndex: 11,
  ModifyIndex: 13,
};

const SERVICE = {
  ID: 'shop-1',
  Service: 'shop',
  Tags: ['autoproxy.weight=7'],
  Meta: null,
  Port: 8080,
  Address: '10.0.1.9',
  SocketPath: '',
  TaggedAddresses: { lan_ipv4: { Address: '10.0.1.9', Port: 8080 } },
  Weights: { Passing: 1, Warning: 1 },
  EnableTagOverride: false,
  Proxy: { Mode: '', MeshGateway: {}, Expose: {} },
  Connect: {},
  PeerName: '',
  Locality: null,
  Ports: [{ Name: 'http', Port: 8080, Default: true }],
  CreateIndex: 20,
  ModifyIndex: 20,
};

const CHECK = {
  Node: 'a1',
  CheckID: 'service:shop-1',
  Name: "Service 'shop' check",
  Status: 'passing',
  Notes: '',
  Output: 'TCP connect 10.0.1.9:8080: Success',
  ServiceID: 'shop-1',
  ServiceName: 'shop',
  ServiceTags: [],
  Type: 'tcp',
  Interval: '10s',
  Timeout: '2s',
  ExposedPort: 0,
  Definition: {},
  PeerName: '',
  CreateIndex: 20,
  ModifyIndex: 21,
};

const ENTRY = {
  id: 'shop-1',
  name: 'shop',
  address: '10.0.1.9',
  port: 8080,
  tags: ['autoproxy.weight=7'],
  meta: {},
  weights: { passing: 1, warning: 1 },
};

test('the services of a node: those of applications, not the proxies of the mesh', () => {
  const sidecar = { ...SERVICE, ID: 'shop-1-sidecar-proxy', Kind: 'connect-proxy', Service: 'shop-sidecar-proxy' };
  const body = { Node: NODE, Services: { 'shop-1': SERVICE, 'shop-1-sidecar-proxy': sidecar } };
  assert.deepEqual(nodeServicesFromBody(body), { address: '10.0.1.1', services: [ENTRY] });
});

test('a node that is not there, and one without services', () => {
  assert.equal(nodeServicesFromBody(null), null);
  assert.deepEqual(nodeServicesFromBody({ Node: NODE, Services: null }), { address: '10.0.1.1', services: [] });
});

test('checks, and a status that nobody knows yet', () => {
  const [known, unknown] = checksFromBody([CHECK, { ...CHECK, Status: 'degraded' }]);
  const { CheckID: id, Name: name, Output: output } = CHECK;
  assert.deepEqual(known, { id, name, output, status: 'passing', serviceId: 'shop-1' });
  assert.equal(unknown?.status, 'critical');
});

test('the nodes of a service', () => {
  const [first] = serviceNodesFromBody([{ Node: NODE, Service: SERVICE, Checks: [CHECK] }]);
  assert.equal(first?.node, 'a1');
  assert.equal(first?.nodeAddress, '10.0.1.1');
  assert.deepEqual(first?.service, ENTRY);
});

test('keys, with partition and namespace, and one without a value', () => {
  const key = { LockIndex: 0, Key: 'autoproxy/apps/shop', Flags: 0, Value: 'name: shop', Partition: 'default' };
  const body = [
    { ...key, Namespace: 'default', CreateIndex: 5, ModifyIndex: 9 },
    { ...key, Key: 'autoproxy/apps/', Value: null, ModifyIndex: 4 },
  ];
  assert.deepEqual(keysFromBody(body), [
    { key: 'autoproxy/apps/shop', text: 'name: shop', modifyIndex: 9 },
    { key: 'autoproxy/apps/', text: '', modifyIndex: 4 },
  ]);
});

test('what is no such answer is refused, with its place', () => {
  for (const parse of [() => keysFromBody({}), () => checksFromBody('no'), () => nodeServicesFromBody({ Node: 1 })])
    assert.throws(parse, ConsulFailure);
  assert.throws(() => checksFromBody([{ ...CHECK, Status: 7 }]), /the checks of a node: 0\.Status: /);
});
