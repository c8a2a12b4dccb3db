/** Which passwords `plan` and `apply` send along, beside a manager on a script. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../support/at-end.js';
import { ScriptedEngine } from '../../support/docker/scripted-engine.js';
import { runCliHere } from '../../support/node/run-cli-here.js';

const OWN = 'own.example';
const LOGIN = { username: 'ops', password: 'geheim' };
const SENT = JSON.stringify({ ...LOGIN, serveraddress: OWN });

const NODE = {
  ...{ ID: 'node', Version: { Index: 1 }, Spec: { Labels: { pod: 'alpha' }, Availability: 'active' } },
  ...{ Description: { Hostname: 'node', Resources: {} }, Status: { State: 'ready' } },
};

function serviceWith(image: string): object {
  return {
    ...{ ID: 'id', Version: { Index: 1 }, UpdateStatus: { State: 'completed' } },
    Spec: {
      Name: 'shop-alpha',
      Labels: { 'com.autoproxy.managed': 'true', 'com.autoproxy.app': 'shop', 'com.autoproxy.pod': 'alpha' },
      TaskTemplate: { ContainerSpec: { Image: image } },
      Mode: { Replicated: { Replicas: 1 } },
    },
  };
}

/** @param from image of the service that is there; null: the service is new */
async function run(context: TestContext, from: string | null, to: string, words: readonly string[], config: object) {
  const engine = await ScriptedEngine.start(context);
  for (const [place, value] of [
    ['/services', from === null ? [] : [serviceWith(from)]],
    ['/nodes', [NODE]],
    ['/tasks', []],
    ['/secrets', []],
    ['/services/id/update', {}],
  ] as const)
    engine.answers.set(place, () => ({ body: JSON.stringify(value) }));
  engine.answers.set('/services/create', () => ({ status: 201, body: '{"ID": "id"}' }));
  engine.answers.set('/configs/create', () => ({ status: 403, body: '{}' }));
  const [registry, login] = [temporaryFolder(context, 'apps'), temporaryFolder(context, 'login')];
  writeFileSync(
    path.join(registry, 'shop.yml'),
    `name: shop\npods: [alpha]\nimage: ${to}\nprotocol: http\nnative_port: 8080\nhealth: {path: /up}\n`,
  );
  writeFileSync(path.join(login, 'config.json'), JSON.stringify(config));
  const at = ['--registry', registry, '--docker', engine.url];
  const result = await runCliHere([...words, ...at], { DOCKER_CONFIG: login });
  assert.doesNotMatch(result.stdout + result.stderr, /geheim|Z2VoZWlt/);
  const writes = engine.requests.filter((line) => line.startsWith('POST') && line.includes('/services/'));
  return { ...result, writes, auths: engine.registryAuths };
}

const APPLY = ['apply', 'shop', '--timeout', '1ms', '--no-image-check'];
const LOGGED_IN = { auths: { [OWN]: LOGIN } };

test('the image check and a new service have the password of the registry', async (context) => {
  const image = `${OWN}/shop:1`;
  const { auths } = await run(context, null, image, APPLY, LOGGED_IN);
  assert.equal(auths.get('/services/create'), SENT);
  const checked = await run(context, null, image, ['plan', 'shop'], LOGGED_IN);
  assert.equal(checked.auths.get(`/distribution/${encodeURIComponent(image)}/json`), SENT);
  const none = await run(context, null, image, [...APPLY, '--no-registry-auth'], LOGGED_IN);
  assert.equal(none.auths.get('/services/create'), null);
});

test('an update sends it too; where none is known, the service keeps its own', async (context) => {
  const known = await run(context, `${OWN}/shop:1`, `${OWN}/shop:2`, APPLY, LOGGED_IN);
  assert.equal(known.auths.get('/services/id/update'), SENT);
  const unknown = await run(context, `${OWN}/shop:1`, `${OWN}/shop:2`, APPLY, {});
  assert.equal(unknown.auths.get('/services/id/update'), null);
});

test('another registry is not offered the password of the one before', async (context) => {
  for (const words of [[], ['--no-registry-auth']]) {
    const { auths } = await run(context, `${OWN}/shop:1`, 'other.example/shop:1', [...APPLY, ...words], LOGGED_IN);
    assert.equal(auths.get('/services/id/update'), '{}');
  }
});

test('a credential helper that fails is named before anything changes', async (context) => {
  const broken = { credHelpers: { [OWN]: 'gone' } };
  const { exitCode, stderr, writes } = await run(context, null, `${OWN}/shop:1`, APPLY, broken);
  assert.match(
    stderr,
    /nothing was changed\n {2}→ the password of own\.example is kept by docker-credential-gone, which is not on/,
  );
  assert.deepEqual([exitCode, writes], [1, []]);
  const other = await run(context, null, 'other.example/shop:1', APPLY, broken);
  assert.equal(other.writes.length, 1, 'it is not the business of other registries');
});
