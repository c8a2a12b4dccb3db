/** `autoproxy pods label` beside a manager on a script. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const NODE = {
  ...{ ID: 'node', Version: { Index: 1 }, Spec: { Labels: { rack: 'a' }, Availability: 'active' } },
  ...{ Description: { Hostname: 'node-1', Resources: {} }, Status: { State: 'ready' } },
};

test('a node that the manager itself changes between the look and the change is labelled', async (context) => {
  const engine = await ScriptedEngine.start(context);
  for (const place of ['/services', '/tasks', '/secrets']) engine.answers.set(place, () => ({ body: '[]' }));
  engine.answers.set('/nodes', () => ({ body: JSON.stringify([NODE]) }));
  let refusals = 2;
  engine.answers.set('/nodes/node/update', () => {
    refusals -= 1;
    return refusals >= 0 ? { status: 500, body: '{"message": "update out of sequence"}' } : { body: '{}' };
  });
  const words = ['pods', 'label', 'node-1', 'alpha', '--docker', engine.url];
  assert.deepEqual(await runCliHere(words), {
    exitCode: 0,
    stdout: 'node-1: in the pod alpha (before: in no pod)\n',
    stderr: '',
  });
  const document = await runCliHere([...words, '--json']);
  assert.deepEqual(JSON.parse(document.stdout), { node: 'node-1', pod: 'alpha', before: null });
});
