/** `placement.spread` over a label that spreads nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLACEMENT_DEFAULTS } from '../../src/model/placement.js';
import type { ServiceStep } from '../../src/placement/plan.js';
import { spreadWarnings } from '../../src/placement/spread.js';

function step(app: string, spread: string | null, kind: 'create' | 'keep' = 'keep', pod = 'alpha'): ServiceStep {
  const { limits, reservations, update, restartDelayMs } = PLACEMENT_DEFAULTS;
  const service = {
    ...{
      name: `${app}-${pod}`,
      app,
      pod,
      image: 'shop:1',
      replicas: 2,
      port: 8080,
      env: [],
      secrets: [],
      hostFiles: [],
    },
    ...{ healthcheck: null, limits, reservations, stopGraceMs: 35_000, restartDelayMs, update, spread },
  };
  return { kind, service };
}

function node(pod: string, labels: Readonly<Record<string, string>> = {}) {
  return { labels: new Map(Object.entries({ pod, ...labels })) };
}

function warnings(steps: readonly ServiceStep[], ...nodes: readonly ReturnType<typeof node>[]): readonly string[] {
  return spreadWarnings({ steps, refusals: [] }, nodes);
}

test('a label that no node of the pod has is named once for all apps that name it', () => {
  const steps = [step('bank', 'rack'), step('shop', 'rack', 'create'), step('till', null)];
  assert.deepEqual(warnings(steps, node('alpha'), node('alpha', { zone: 'z' }), node('beta', { rack: 'a' })), [
    'bank, shop: placement.spread: rack keeps no instances apart in the pod alpha: no node there has this label; ' +
      'docker node update --label-add rack=VALUE NODE',
  ]);
  const both = [step('bank', 'rack'), step('bank', 'rack', 'keep', 'beta')];
  assert.match(warnings(both, node('alpha', { rack: 'a' }), node('beta')).join('|'), /^[^|]* in the pod beta: [^|]*$/);
});

test('a label with one value for several nodes is named; with two values, with one node, or without a node nothing is', () => {
  const steps = [step('shop', 'rack')];
  assert.match(
    warnings(steps, node('alpha', { rack: 'a' }), node('alpha', { rack: 'a' })).join(),
    /: all nodes there have rack=a; docker node update/,
  );
  for (const nodes of [
    [node('alpha', { rack: 'a' }), node('alpha', { rack: 'b' })],
    [node('alpha', { rack: 'a' }), node('alpha')],
    [node('alpha', { rack: 'a' })],
    [node('beta')],
  ])
    assert.deepEqual(warnings(steps, ...nodes), []);
});
