/** `autoproxy app ...` and `slot ...`: the same words, answers and exit codes over a directory and over Consul. */
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { REGISTRY_KINDS } from '../registry/registries.js';
import { temporaryFolder } from '../support/at-end.js';
import { type CliResult, runCli } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const SHOP = `name: shop # the till
pods: [alpha]
protocol: http
slot: 21034
image: shop:1
native_port: 8080
edge: {routes: [{host: www.one.example}]}
env: {GREETING: "it's $HOME", LEVEL: info, PASSWORD: {from: file:/run/secrets/shop}}
`;

async function writeFiles(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = temporaryFolder(context, 'files');
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
  return directory;
}

for (const kind of REGISTRY_KINDS) {
  test(`${kind.name}: an app from its first plan to its end`, async (context) => {
    const { arguments: place } = await kind.prepare(context);
    const run = (...words: string[]): Promise<CliResult> => runCli([...words, ...place]);
    const files = await writeFiles(context, { 'shop.yml': SHOP, 'next.yml': SHOP.replace('shop:1', 'shop:2') });
    const shop = path.join(files, 'shop.yml');

    const plan = await run('app', 'put', shop, '--dry-run');
    assert.deepEqual([plan.exitCode, plan.stderr], [2, '']);
    assert.match(plan.stdout, /^shop: would be created, on slot 21034\n {2}\+ name: shop\n/);
    assert.equal((await run('app', 'ls')).stdout.split('\n').length, 2);

    const put = await run('app', 'put', shop);
    assert.deepEqual([put.exitCode, put.stderr], [0, '']);
    assert.match(put.stdout, /^shop: created, on slot 21034\n/);
    assert.equal((await run('app', 'put', shop)).stdout, 'shop: as it was, on slot 21034\n');
    const next = await run('app', 'put', path.join(files, 'next.yml'));
    assert.equal(next.stdout, 'shop: changed, on slot 21034\n  ~ image: shop:1 → shop:2\n');

    assert.equal((await run('app', 'get', 'shop')).stdout, SHOP.replace('shop:1', 'shop:2'));
    assert.equal(JSON.parse((await run('app', 'get', 'shop', '--json')).stdout).image, 'shop:2');
    assert.match((await run('app', 'ls')).stdout, /^shop +21034 +http +alpha +1 +shop:2$/m);
    assert.match((await run('slot', 'ls')).stdout, /^21034 +shop +taken$/m);

    const removed = await run('app', 'rm', 'shop');
    assert.deepEqual([removed.exitCode, removed.stdout], [0, 'shop: removed; slot 21034 goes into quarantine\n']);
    assert.match((await run('slot', 'ls')).stdout, /^21034 +shop +quarantine until /m);
    const gone = await run('app', 'rm', 'shop');
    assert.deepEqual([gone.exitCode, gone.stdout], [1, '']);
    assert.match(gone.stderr, /has no app shop/);
  });

  test(`${kind.name}: a definition that cannot be read is named, and stands in the way of what would take its app for gone`, async (context) => {
    const place = await kind.prepare(context);
    const run = (...words: string[]): Promise<CliResult> => runCliHere([...words, ...place.arguments]);
    const files = await writeFiles(context, {
      'shop.yml': SHOP,
      'thief.yml': SHOP.replace('shop #', 'thief #').replace('slot: 21034\n', ''),
      'till.yml': SHOP.replace('shop #', 'till #').replace('slot: 21034\n', '').replace('www', 'till'),
    });
    const put = (file: string): Promise<CliResult> => run('app', 'put', path.join(files, file));
    assert.equal((await put('shop.yml')).exitCode, 0);
    await place.writeByHand('shop', SHOP.slice(0, SHOP.indexOf('www')));

    const why = /shop(\.yml)?:\d+(:\d+)?: /;
    const check = await run('slot', 'ls', '--check');
    assert.equal(check.exitCode, 1);
    assert.match(check.stdout, /^unreadable: .*shop(\.yml)?:7: .*\n1 slot, 0 apps, 1 leak\n$/);
    for (const words of [
      ['slot', 'free', '21034'],
      ['app', 'get', 'shop'],
      ['app', 'rm', 'shop'],
      ['rollout', 'history', 'shop'],
    ]) {
      const { exitCode, stderr } = await run(...words);
      assert.equal(exitCode, 1, words.join(' '));
      assert.match(stderr, /the definition of shop is invalid|belongs to shop, whose definition is invalid/);
      assert.match(stderr, why);
    }
    const thief = await put('thief.yml');
    assert.equal(thief.exitCode, 1);
    assert.match(
      thief.stderr,
      /thief: www\.one\.example prefix \/ is a route of shop .*, whose definition cannot be read now\n/,
    );
    const till = await put('till.yml');
    assert.equal(till.exitCode, 0);
    assert.match(
      till.stderr,
      /^autoproxy: warning: a definition cannot be read, and routes in it may clash with these: .*shop/,
    );
    assert.deepEqual(JSON.parse((await run('app', 'ls', '--json')).stdout).refused, ['shop']);
  });

  test(`${kind.name}: slots by themselves, and the leak that they are`, async (context) => {
    const { arguments: place } = await kind.prepare(context);
    const run = (...words: string[]): Promise<CliResult> => runCliHere([...words, ...place]);
    const first = await run('slot', 'alloc', 'shop', '--slot-range', '20000-20003', '--reserve', '20001');
    assert.deepEqual([first.exitCode, first.stdout], [0, '20002\n']);
    assert.equal((await run('slot', 'alloc', 'shop')).stdout, '20002\n');
    const full = await run('slot', 'alloc', 'till', '--slot-range', '20000-20003', '--reserve', '20001');
    assert.equal(full.exitCode, 1);
    assert.match(full.stderr, /no slot is free from 20000 to 20003\n {2}→ free some/);

    const check = await run('slot', 'ls', '--check');
    assert.equal(check.exitCode, 1);
    assert.match(
      check.stdout,
      /^slot-without-app: slot 20002 belongs to shop, which does not exist \(.+slot free 20002\)$/m,
    );
    assert.equal((await run('slot', 'free', '20002')).stdout, 'slot 20002 of shop is free after its quarantine\n');
    assert.deepEqual(await run('slot', 'ls', '--check'), {
      exitCode: 0,
      stdout: '0 slots, 0 apps, 0 leaks\n',
      stderr: '',
    });
    assert.equal((await run('slot', 'free', '20002')).exitCode, 1);
  });
}

test('--json says the same of both registries', async (context) => {
  const files = await writeFiles(context, { 'shop.yml': SHOP, 'bad.yml': 'name: x\n' });
  const shop = path.join(files, 'shop.yml');
  const answers: string[][] = [];
  for (const kind of REGISTRY_KINDS) {
    const { arguments: place } = await kind.prepare(context);
    const said: string[] = [];
    for (const words of [
      ['app', 'put', shop, '--dry-run'],
      ['app', 'put', shop],
      ['app', 'put', shop],
      ['app', 'ls'],
      ['app', 'get', 'shop'],
      ['slot', 'ls', '--check'],
      ['slot', 'alloc', 'shop'],
      ['slot', 'free', '21034'],
      ['app', 'put', path.join(files, 'bad.yml')],
      ['app', 'rm', 'shop', '--dry-run'],
      ['app', 'rm', 'shop'],
      ['app', 'get', 'shop'],
    ]) {
      const { exitCode, stdout } = await runCliHere([...words, '--json', ...place]);
      // Where it stands is what has to differ.
      said.push(`${words.join(' ')}: ${exitCode} ${stdout.replace(/"location": ".*"/g, '"location": "x"')}`);
    }
    answers.push(said);
  }
  assert.deepEqual(answers[0], answers[1]);
});

const directory = REGISTRY_KINDS[0] ?? assert.fail();

test('a slot in use is not freed', async (context) => {
  const { arguments: place } = await directory.prepare(context);
  const files = await writeFiles(context, { 'shop.yml': SHOP });
  await runCliHere(['app', 'put', path.join(files, 'shop.yml'), ...place]);
  const { exitCode, stderr } = await runCliHere(['slot', 'free', '21034', ...place]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /slot 21034 is in use by shop\n {2}→ remove the app/);
});

test('a mistake in one file keeps all from being written, and stands with its place', async (context) => {
  const { arguments: place } = await directory.prepare(context);
  const files = await writeFiles(context, { 'a.yml': SHOP, 'b.yml': 'name: till\npods: [alpha]\nprotocol: htpp\n' });
  const put = await runCliHere(['app', 'put', path.join(files, 'a.yml'), path.join(files, 'b.yml'), ...place]);
  assert.deepEqual([put.exitCode, put.stdout], [1, '']);
  assert.match(put.stderr, /b\.yml:3:11: error: till\.protocol: "htpp".*did you mean http/);
  const clash = await writeFiles(context, {
    'both.yml': `${SHOP}---\n${SHOP.replace('shop', 'till').replace('21034', '21036')}`,
  });
  const both = await runCliHere(['app', 'put', path.join(clash, 'both.yml'), ...place]);
  assert.equal(both.exitCode, 1);
  assert.match(both.stderr, /www\.one\.example prefix \/ is a route of /);
  assert.equal(
    (await runCliHere(['app', 'ls', '--json', ...place])).stdout,
    '{\n  "apps": [],\n  "refused": [],\n  "problems": []\n}\n',
  );
});

test('the environment of an app, in each format', async (context) => {
  const { arguments: place } = await directory.prepare(context);
  const secrets = await writeFiles(context, { shop: 's3cret\n' });
  const files = await writeFiles(context, { 'shop.yml': SHOP.replace('/run/secrets', secrets) });
  await runCliHere(['app', 'put', path.join(files, 'shop.yml'), ...place]);
  const env = async (...words: string[]): Promise<string> =>
    (await runCliHere(['app', 'env', 'shop', ...words, ...place])).stdout;
  assert.equal(
    await env('--format', 'docker'),
    `GREETING=it's $HOME\nLEVEL=info\n# PASSWORD comes from file:${secrets}/shop\n`,
  );
  const ambiguous = await runCliHere(['app', 'env', 'shop', ...place]);
  assert.deepEqual([ambiguous.exitCode, ambiguous.stdout], [1, '']);
  assert.match(
    ambiguous.stderr,
    /^autoproxy: GREETING has both ' and one of .*\n {2}→ use --format export for a shell/,
  );
  assert.equal(
    await env('--format', 'export'),
    `export GREETING='it'\\''s $HOME'\nexport LEVEL=info\nexport PASSWORD="$(cat ${secrets}/shop)"\n`,
  );
  assert.deepEqual(JSON.parse(await env('--format', 'json', '--read-secrets')), {
    GREETING: "it's $HOME",
    LEVEL: 'info',
    PASSWORD: 's3cret',
  });
  for (const bytes of [Buffer.from([0x61, 0xff]), Buffer.from('a\0b')]) {
    await writeFile(path.join(secrets, 'shop'), bytes);
    const refused = await runCliHere(['app', 'env', 'shop', '--read-secrets', '--format', 'json', ...place]);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /^autoproxy: PASSWORD: \S+ has bytes that no environment can hold\n {2}→ /);
  }
});

test('what was JSON stays JSON, with its slot', async (context) => {
  const { arguments: place } = await directory.prepare(context);
  const files = await writeFiles(context, { 'shop.json': '{"name": "shop", "pods": ["alpha"], "protocol": "tcp"}' });
  await runCliHere(['app', 'put', path.join(files, 'shop.json'), ...place]);
  const { slot, ...rest } = JSON.parse((await runCliHere(['app', 'get', 'shop', ...place])).stdout);
  assert.ok(slot % 2 === 0);
  assert.deepEqual(rest, { name: 'shop', pods: ['alpha'], protocol: 'tcp' });
});

test('without a registry, with two, and with a wrong variable the command line was wrong', async () => {
  for (const [words, env] of [
    [['app', 'ls'], {}],
    [['app', 'ls', '--registry', '/tmp', '--consul', 'http://127.0.0.1:1'], {}],
    [['slot', 'ls', '--registry', '/tmp'], { AUTOPROXY_SLOT_RANGE: '9-1' }],
    [['app', 'ls', '--consul', 'ftp://127.0.0.1'], {}],
    [['app', 'ls'], { CONSUL_HTTP_ADDR: 'http://127.0.0.1:1/ui' }],
    [['app', 'ls', '--consul', 'http://127.0.0.1:1'], { CONSUL_HTTP_SSL: 'perhaps' }],
    [['slot', 'free', 'x', '--registry', '/tmp'], {}],
  ] as const) {
    const { exitCode, stderr } = await runCliHere(words, env);
    assert.equal(exitCode, 64, words.join(' '));
    assert.notEqual(stderr, '');
  }
});

test("the registry's Consul is named by the variables of a node, the own ones before Consul's", async () => {
  const reached = async (env: Readonly<Record<string, string>>): Promise<string | undefined> =>
    /Consul at (\S+) is unreachable/.exec((await runCliHere(['app', 'ls'], env)).stderr)?.[1];
  const old = { CONSUL_HTTP_ADDR: '127.0.0.1:1', CONSUL_HTTP_SSL: 'true' };
  assert.equal(await reached(old), 'https://127.0.0.1:1');
  const own = { AUTOPROXY_CONSUL: 'http://127.0.0.1:2', AUTOPROXY_CONSUL_SSL: 'false' };
  assert.equal(await reached({ ...old, ...own }), 'http://127.0.0.1:2');
  const file = await runCliHere(['app', 'ls'], { ...own, AUTOPROXY_CONSUL_TOKEN_FILE: '/nonexistent/token' });
  assert.equal(file.exitCode, 1);
  assert.match(file.stderr, /reading the token failed: .*\/nonexistent\/token/);
});

test('a Consul that does not answer is named, with what to do', async () => {
  const { exitCode, stderr } = await runCliHere(['app', 'ls'], { CONSUL_HTTP_ADDR: '127.0.0.1:1' });
  assert.equal(exitCode, 1);
  assert.match(stderr, /Consul at http:\/\/127\.0\.0\.1:1 is unreachable: .*ECONNREFUSED.*\n {2}→ /);
});

test('directory: no command takes an app for gone that may stand in a file of several apps that cannot be read', async (context) => {
  const directory = await writeFiles(context, {});
  const run = (...words: string[]): Promise<CliResult> => runCliHere([...words, '--registry', directory]);
  const files = await writeFiles(context, { 'shop.yml': SHOP });
  assert.equal((await run('app', 'put', path.join(files, 'shop.yml'))).exitCode, 0);
  await rename(path.join(directory, 'shop.yml'), path.join(directory, 'all.yml'));
  await writeFile(path.join(directory, 'all.yml'), `${SHOP}---\nname: [`);
  for (const words of [
    ['app', 'get', 'shop'],
    ['app', 'rm', 'shop'],
    ['app', 'rm', 'shop', '--apply'],
    ['app', 'put', path.join(files, 'shop.yml')],
    ['plan', 'shop'],
    ['rollout', 'history', 'shop'],
    ['rollout', 'undo', 'shop', '--no-apply'],
    ['slot', 'free', '21034'],
  ]) {
    const { exitCode, stderr } = await run(...words);
    assert.equal(exitCode, 1, words.join(' '));
    assert.match(stderr, /a document that cannot be read/, words.join(' '));
    assert.match(stderr, /all\.yml:\d+:\d+: error: /, words.join(' '));
  }
  assert.match((await run('slot', 'ls')).stdout, /^21034 +shop +taken$/m);
});
