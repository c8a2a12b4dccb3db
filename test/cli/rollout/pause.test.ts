/** `autoproxy rollout pause` beside a manager that restarts just then. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pausedSpec } from '../../../src/placement/pause.js';
import { temporaryFolder } from '../../support/at-end.js';
import { ScriptedEngine } from '../../support/docker/scripted-engine.js';
import { runCliHere } from '../../support/node/run-cli-here.js';

const LABELS = { 'com.autoproxy.managed': 'true', 'com.autoproxy.app': 'shop' };
const SHOP = 'name: shop\npods: [alpha, beta]\nimage: shop:1\nprotocol: http\nnative_port: 8080\nhealth: {path: /up}\n';

/** @param isHeld the manager has cleared the state of the update for a moment */
function service(pod: string, isHeld = false): object {
  const UpdateConfig = isHeld ? (pausedSpec({}) as { readonly UpdateConfig: object }).UpdateConfig : { Parallelism: 1 };
  return {
    ...{ ID: pod, Version: { Index: 1 }, UpdateStatus: isHeld ? null : { State: 'updating' } },
    Spec: {
      ...{
        Name: `shop-${pod}`,
        Labels: { ...LABELS, 'com.autoproxy.pod': pod },
        Mode: { Replicated: { Replicas: 1 } },
      },
      ...{ TaskTemplate: { ContainerSpec: { Image: 'shop:0' } }, UpdateConfig },
    },
  };
}

for (const isMade of [false, true])
  test(`each service is asked for until it is held: a change whose answer is lost is ${isMade ? '' : 'not '}made`, async (context) => {
    const engine = await ScriptedEngine.start(context);
    for (const place of ['/tasks', '/nodes']) engine.answers.set(place, () => ({ body: '[]' }));
    engine.answers.set('/services', () => ({
      body: JSON.stringify([service('alpha'), service('beta', isMade && asked.length === 2)]),
    }));
    const asked: string[] = [];
    for (const pod of ['alpha', 'beta'])
      engine.answers.set(`/services/${pod}/update`, () => {
        asked.push(pod);
        return asked.length === 2 ? 'broken' : { body: '{}' };
      });
    const registry = temporaryFolder(context, 'apps');
    writeFileSync(path.join(registry, 'shop.yml'), SHOP);
    const words = ['rollout', 'pause', 'shop', '--registry', registry, '--docker', engine.url];
    const { exitCode, stdout, stderr } = await runCliHere(words);
    assert.deepEqual([asked, exitCode], [isMade ? ['alpha', 'beta'] : ['alpha', 'beta', 'beta'], 0], stderr);
    assert.match(
      stderr,
      /^autoproxy: the manager is asked again until the end of --timeout: .*broke the connection off$/m,
    );
    assert.match(stdout, /^shop-alpha: .*\nshop-beta: /m);
  });
