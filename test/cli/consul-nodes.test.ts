import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodesByPod } from '../../src/cli/edge/consul-nodes.js';
import type { ServiceNode } from '../../src/consul/answers.js';

function node(address: string, tags: readonly string[], nodeAddress = '10.0.0.9'): ServiceNode {
  const service = { id: address, name: 'autoproxy', tags, meta: {}, address, port: 1_936 };
  return { node: 'n', nodeAddress, service: { ...service, weights: { passing: 1, warning: 1 } }, checks: [] };
}

test('addresses by pod, sorted, each once; without one of its own that of the agent', () => {
  const nodes = [
    node('10.0.0.2', ['alpha', 'beta']),
    node('10.0.0.1', ['alpha']),
    node('', ['beta']),
    node('10.0.0.1', ['alpha']),
  ];
  assert.deepEqual(
    nodesByPod(nodes),
    new Map([
      ['alpha', ['10.0.0.1', '10.0.0.2']],
      ['beta', ['10.0.0.2', '10.0.0.9']],
    ]),
  );
});

test('an invalid address makes no node, an invalid tag names no pod, and letter case does not count', () => {
  const hostile = ['alpha\nbeta 10.6.6.6', 'a b', '', 'Alpha'];
  assert.deepEqual(
    nodesByPod([node('10.0.0.1', hostile), node('node.example', ['alpha'])]),
    new Map([['alpha', ['10.0.0.1']]]),
  );
});
