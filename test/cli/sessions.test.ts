/** `autoproxy sessions` at a running node: what a drain waits for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

test('what is under way is listed, the oldest first, also where its instance is drained', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: ["${instance.id}"]}\n`,
  }));
  const run = (...words: string[]) => runCliHere([...words, '--admin', node.admin]);
  assert.equal((await run('sessions')).stdout, 'Nothing is under way.\n');
  const answers = ['first', 'second'].map(async () => (await fetch(`http://${node.host}:${node.slot}/slow`)).text());
  await eventually('both are there', () => instance.slowRequests === 2);
  assert.equal((await run('drain', 'shop')).exitCode, 0);
  const { stdout } = await run('sessions', 'shop');
  const [title, ...rows] = stdout.trimEnd().split('\n');
  assert.match(title ?? '', /^ *AGE +APP +CLIENT +STAGE +INSTANCE +IN +OUT +ID$/);
  const row = new RegExp(`^ *\\d+s +shop +127\\S+:\\d+ +waiting +${instance.id} +\\d+ B +0 B +0x[0-9a-f]+$`);
  assert.deepEqual(
    rows.map((text) => row.test(text)),
    [true, true],
    stdout,
  );
  const document = JSON.parse((await run('sessions', '--json')).stdout);
  const ages: number[] = document.sessions.map(({ ageMs }: { readonly ageMs: number }) => ageMs);
  assert.deepEqual([ages.length, ages], [2, ages.toSorted((a, b) => b - a)]);
  while (instance.answerSlow());
  assert.deepEqual(await Promise.all(answers), ['late', 'late']);
  const unknown = await run('sessions', 'shp');
  assert.deepEqual([unknown.exitCode, unknown.stderr.includes('this node has no app shp')], [1, true]);
});
