/** Which node a command asks, and what it shows there: the socket first, the port else, and a token for whom it is meant. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { startAdmin } from '../admin/node-double.js';
import { openTokens, TOKEN } from '../admin/token-file.js';
import { temporaryFolder } from '../support/at-end.js';
import { runCli } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const OTHER = 'token-of-somebody-else';

async function startGuarded(context: TestContext) {
  const folder = temporaryFolder(context, 'cli');
  const { file, tokens } = await openTokens(context);
  const socket = path.join(folder, 'admin.sock');
  const place = { path: socket, mode: 0o660, owner: null, option: '--admin-socket', isDefault: false };
  const { node, host, port } = await startAdmin(context, { tokens, socket: place });
  const wrong = path.join(folder, 'wrong');
  writeFileSync(wrong, `${OTHER}\n`, { mode: 0o600 });
  return { folder, file, wrong, socket, node, admin: `${host}:${port}` };
}

test('a token from the flag or the environment, and what is said without the right one', async (context) => {
  const { file, wrong, admin, folder, node } = await startGuarded(context);
  const drain = ['drain', 'checkout', '--admin', admin];
  assert.equal((await runCliHere([...drain, '--admin-token-file', file])).exitCode, 0);
  assert.equal((await runCliHere(drain, { AUTOPROXY_ADMIN_TOKEN_FILE: file })).exitCode, 0);
  assert.equal(node.decisions.length, 2);
  const without = await runCliHere(drain);
  assert.equal(without.exitCode, 1);
  assert.equal(
    without.stderr,
    `autoproxy: the node at ${admin} asks for its admin token\n` +
      '  → name a file with its token: --admin-token-file FILE or AUTOPROXY_ADMIN_TOKEN_FILE; ' +
      'on the machine of the node its admin socket asks for none: --admin unix:/PATH\n',
  );
  const refused = await runCliHere([...drain, '--admin-token-file', wrong], { AUTOPROXY_ADMIN_TOKEN_FILE: file });
  assert.match(refused.stderr, new RegExp(`the node at ${admin} does not take the admin token of ${wrong}\n`));
  assert.ok(!refused.stderr.includes(OTHER));
  const missing = await runCliHere([...drain, '--admin-token-file', `${folder}/missing`]);
  assert.match(missing.stderr, /missing, the file of --admin-token-file, is not there: write a token into it/);
  const unread = await runCliHere(drain, { AUTOPROXY_ADMIN_TOKEN_FILE: `${folder}/missing` });
  assert.match(unread.stderr, /asks for its admin token; .*missing, the file of --admin-token-file, is not there/);
  assert.equal(node.decisions.length, 2);
});

test('probes need none, and a process of its own exits as it should', async (context) => {
  const { admin, file } = await startGuarded(context);
  const { exitCode, stdout } = await runCli(['healthcheck', '--admin', admin]);
  assert.deepEqual([exitCode, stdout], [0, 'ready\n']);
  const env = { AUTOPROXY_ADMIN: admin, AUTOPROXY_ADMIN_TOKEN_FILE: file };
  assert.equal((await runCli(['status'], env)).exitCode, 0);
  assert.equal((await runCli(['completion', 'apps'], env)).stdout, 'checkout\n');
  assert.equal((await runCli(['completion', 'apps'], { AUTOPROXY_ADMIN: admin })).stdout, '');
});

test('the socket is asked first where the options of the node name it, and needs no token', async (context) => {
  const { socket, folder, node } = await startGuarded(context);
  const config = path.join(folder, 'autoproxy.yml');
  // At that port nobody listens.
  writeFileSync(config, `admin: 127.0.93.9:9\nadmin_socket: ${socket}\n`);
  const env = { AUTOPROXY_CONFIG: config };
  for (const words of [['status'], ['healthcheck'], ['ps'], ['stats'], ['events'], ['config']])
    assert.equal((await runCliHere(words, env)).exitCode, 0, words.join(' '));
  assert.equal((await runCliHere(['maint', 'checkout'], env)).exitCode, 0);
  assert.equal(node.decisions.at(-1)?.state, 'maint');
  assert.equal((await runCliHere(['status'], { AUTOPROXY_ADMIN_SOCKET: socket })).exitCode, 0);
  // In the state directory, unless told otherwise.
  const inState = { AUTOPROXY_STATE_DIR: folder };
  assert.equal((await runCliHere(['status'], inState)).exitCode, 0);
  for (const [words, variables] of [
    [['--admin', '127.0.93.9:9'], env],
    [[], { ...env, AUTOPROXY_ADMIN: '127.0.93.9:9' }],
  ] as const) {
    const { exitCode, stderr } = await runCliHere(['status', ...words], variables);
    assert.equal(exitCode, 1);
    assert.match(stderr, /nothing listens on 127\.0\.93\.9:9/, 'who names an address asks there');
  }
});

test('unix:/PATH names a socket, and each wrong one is named', async (context) => {
  const { socket, folder } = await startGuarded(context);
  for (const named of [`unix:${socket}`, `unix://${socket}`]) {
    assert.equal((await runCliHere(['status', '--admin', named])).exitCode, 0, named);
    assert.equal((await runCliHere(['status'], { AUTOPROXY_ADMIN: named })).exitCode, 0, named);
  }
  rmSync(path.join(folder, 'wrong'));
  writeFileSync(path.join(folder, 'file'), '');
  for (const [named, reason] of [
    [`unix:${folder}/missing`, /nothing listens on unix:.*missing\n.*start the node/],
    [`unix:${folder}/file`, /nothing listens on unix:.*file\n/],
    [`unix:${folder}`, /nothing listens on unix:.*\n/],
    [`unix:/${'x'.repeat(200)}`, /unix:\/x+/],
  ] as const) {
    const { exitCode, stderr } = await runCliHere(['status', '--admin', named]);
    assert.equal(exitCode, 1, named);
    assert.match(stderr, reason);
  }
  for (const named of ['unix:', 'unix:relative', 'unix:tcp://x']) {
    const { exitCode, stderr } = await runCliHere(['status', '--admin', named]);
    assert.equal(exitCode, 64, named);
    assert.match(stderr, /write address:port, .*or unix:\/PATH/);
  }
});

test('the token of the node of this machine goes to that node alone', async (context) => {
  const { folder, file, admin } = await startGuarded(context);
  const config = path.join(folder, 'autoproxy.yml');
  writeFileSync(config, `admin: ${admin}\nadmin_socket: none\nadmin_token_file: ${file}\n`);
  const env = { AUTOPROXY_CONFIG: config };
  assert.equal((await runCliHere(['status'], env)).exitCode, 0);
  assert.equal((await runCliHere(['status', '--admin', admin], env)).exitCode, 0, 'on loopback it is this machine');
  const seen: (string | undefined)[] = [];
  const stranger = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"no"}');
  });
  await new Promise<void>((resolve) => stranger.listen(0, '0.0.0.0', resolve));
  const { port } = stranger.address() as { readonly port: number };
  // An address that is not one of loopback by its words.
  const { stderr } = await runCliHere(['status', '--admin', `0.0.0.0:${port}`], env);
  stranger.close();
  assert.deepEqual(seen, [undefined]);
  assert.match(stderr, new RegExp(`asks for its admin token; that of ${file} is for the node of this machine`));
  assert.ok(!stderr.includes(TOKEN));
});

test('a command refuses while the place of its node cannot be read', async (context) => {
  const { folder, node, admin } = await startGuarded(context);
  // The defaults lead to this one.
  const state = { AUTOPROXY_STATE_DIR: folder };
  assert.equal((await runCliHere(['status'], state)).exitCode, 0);
  for (const [named, reason] of [
    ['other-node:1955', 'AUTOPROXY_ADMIN: "other-node:1955" does not begin with an IP address'],
    ['http://10.9.9.9:1936', 'AUTOPROXY_ADMIN: "http://10.9.9.9:1936" is not an address with a port'],
    ['node-7', 'AUTOPROXY_ADMIN: "node-7" is not an address with a port'],
    ['127.0.0.1', 'AUTOPROXY_ADMIN: "127.0.0.1" is not an address with a port'],
    ['127.0.0.1:99999', 'AUTOPROXY_ADMIN: "127.0.0.1:99999" has a port above 65535'],
    ['unix:admin.sock', 'AUTOPROXY_ADMIN: "unix:admin.sock" is not an address with a port'],
  ] as const) {
    for (const words of [['status'], ['maint', 'checkout'], ['healthcheck'], ['events']]) {
      const { exitCode, stderr } = await runCliHere(words, { ...state, AUTOPROXY_ADMIN: named });
      assert.equal(exitCode, 1, `${words} ${named}`);
      assert.ok(
        stderr.startsWith(`autoproxy: where the admin API of this machine's node is, cannot be read: ${reason}`),
        stderr,
      );
      assert.match(stderr, /\n {2}→ mend that, or name the node: --admin ADDR:PORT or --admin unix:\/PATH\n$/);
    }
    assert.equal((await runCliHere(['healthcheck', '--admin', admin], { AUTOPROXY_ADMIN: named })).exitCode, 0);
  }
  assert.deepEqual(node.decisions, []);
});

test('a file of options that cannot be read hides where its node is; the environment and --admin name one', async (context) => {
  const { folder, node, file, admin } = await startGuarded(context);
  const config = path.join(folder, 'autoproxy.yml');
  const state = { AUTOPROXY_STATE_DIR: folder, AUTOPROXY_CONFIG: config };
  for (const text of [null, 'admn: 127.0.0.1:1955\n', ': : :\n', 'admin: [\n', 'admin: 127.0.0.1\n']) {
    if (text !== null) writeFileSync(config, text);
    const { exitCode, stderr } = await runCliHere(['maint', 'checkout'], state);
    assert.equal(exitCode, 1, String(text));
    assert.match(stderr, /^autoproxy: where the admin API of this machine's node is, cannot be read: .*autoproxy\.yml/);
    const named = { ...state, AUTOPROXY_ADMIN: admin, AUTOPROXY_ADMIN_TOKEN_FILE: file };
    assert.equal((await runCliHere(['status'], named)).exitCode, 0, String(text));
    const asked = ['status', '--admin', admin, '--admin-token-file', file];
    assert.equal((await runCliHere(asked, state)).exitCode, 0, String(text));
    // It serves: a health check that failed would have it taken out.
    assert.equal((await runCliHere(['healthcheck'], state)).exitCode, 0, String(text));
  }
  assert.deepEqual(node.decisions, []);
  writeFileSync(config, 'workers: many\n');
  assert.equal((await runCliHere(['status'], state)).exitCode, 0, 'the place is known all the same');
});
