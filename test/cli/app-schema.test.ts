/** `autoproxy app schema`: what an editor says with it is what `app put` says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import * as z from 'zod';
import { parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const EXAMPLE = fileURLToPath(new URL('../../../examples/apps/checkout.yml', import.meta.url));
const SMALL = 'name: shop\npods: [alpha]\nprotocol: http\n';

const GOOD = [
  readFileSync(EXAMPLE, 'utf8'),
  SMALL,
  `${SMALL}slot: 21034\nsend_proxy: v2\nbalance: LeastConn\nhealth: {path: /health, interval: 500}\n`,
  `${SMALL}edge: {routes: [{host: www.one.example, path: /a}], rate_limit: {requests: 5, window: 10s}, max_body: 10m}\n`,
  `${SMALL}env: {A: "1", B: {from: file:/run/secrets/b}}\n`,
];

const BAD = [
  SMALL.replace('name: shop\n', ''),
  `${SMALL}nane: x\n`,
  `${SMALL}slot: "21034"\n`,
  `${SMALL}slot: 65535\n`,
  `${SMALL}internal: "yes"\n`,
  `${SMALL}env: {A: 1}\n`,
  `${SMALL}env: {1A: x}\n`,
  `${SMALL}edge: {}\n`,
  `${SMALL}edge: {routes: []}\n`,
  `${SMALL}health: {intervall: 1s}\n`,
  `${SMALL}timeouts: {queue: "10 s"}\n`,
  `${SMALL}balance: fair\n`,
  SMALL.replace('[alpha]', '[]'),
];

test('the schema takes what is taken and refuses what is refused', async () => {
  const { exitCode, stdout, stderr } = await runCliHere(['app', 'schema']);
  assert.deepEqual([exitCode, stderr], [0, '']);
  const schema = z.fromJSONSchema(JSON.parse(stdout));
  for (const [texts, isGood] of [
    [GOOD, true],
    [BAD, false],
  ] as const) {
    for (const text of texts) {
      assert.equal(parseAppDefinitions(text, path.basename(EXAMPLE), 'test').apps.length === 1, isGood, text);
      const { success, error } = schema.safeParse(parse(text));
      assert.equal(success, isGood, `${text}${error?.message ?? ''}`);
    }
  }
});
