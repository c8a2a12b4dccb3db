/** Who gets in: a token in each right and wrong form, and who needs none. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { Client, request } from 'undici';
import { wayOf } from '../../src/admin/access.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { createRecordingLog } from '../support/recording-log.js';
import { startAdmin } from './node-double.js';
import { rawExchange } from './raw-exchange.js';
import { basic, openTokens, TOKEN } from './token-file.js';

const DRAIN = '/apps/checkout/drain';
const MARK = { 'X-Autoproxy': '1' };

async function startGuarded(context: TestContext, text?: string) {
  const opened = await openTokens(context, text);
  const { log, lines } = createRecordingLog();
  const admin = await startAdmin(context, { tokens: opened.tokens, log });
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}, method: 'GET' | 'POST' = 'GET') => {
    const { statusCode, headers: fields, body } = await request(admin.origin + path, { method, headers });
    return { status: statusCode, fields, text: await body.text() };
  };
  return { ...opened, ...admin, serverLines: lines, ask };
}

test('probes need no token, everything else does, on every path and by every method', async (context) => {
  const { ask, node, host, port } = await startGuarded(context);
  for (const path of ['/ping', '/ready', '/health']) assert.equal((await ask(path)).status, 200, path);
  const guarded = ['/', '/state', '/config', '/events', '/metrics', '/;csv', '/page/stream', '/page/files/main.js'];
  for (const path of [...guarded, '/apps/checkout/why', '/nothing', '/ready/', '/state?x=/ready', '/%70ing']) {
    const { status, fields, text } = await ask(path);
    assert.equal(status, 401, path);
    assert.equal(fields['www-authenticate'], 'Basic realm="autoproxy", charset="UTF-8", Bearer realm="autoproxy"');
    const { error, hint } = JSON.parse(text) as { readonly error: string; readonly hint: string };
    assert.equal(error, 'this node asks for its admin token, and the request has none');
    assert.match(hint, /Authorization: Bearer TOKEN.*--admin-token-file FILE/);
  }
  for (const path of [DRAIN, '/ready', '/sources/directory/accept-removal'])
    assert.equal((await ask(path, MARK, 'POST')).status, 401, path);
  for (const line of ['OPTIONS /state', 'DELETE /ready', 'HEAD /state', `GET http://${host}/state`])
    assert.match(
      await rawExchange(host, port, `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
      /^HTTP\/1\.1 401 /,
      line,
    );
  assert.deepEqual(node.decisions, []);
  assert.equal(node.heldSources.size, 1);
});

test('Bearer and Basic carry it, in any case of the scheme and with any name', async (context) => {
  const { ask, node } = await startGuarded(context, `# of ada\n${TOKEN}\n\ntoken-with:colons:and/=+\n`);
  const right = [
    ...[`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `BEARER  ${TOKEN}`, basic(TOKEN), basic(TOKEN, '')],
    ...[basic(TOKEN).replace('Basic', 'bAsIc'), 'Bearer token-with:colons:and/=+', basic('token-with:colons:and/=+')],
  ];
  for (const authorization of right) assert.equal((await ask('/state', { authorization })).status, 200, authorization);
  assert.equal((await ask(DRAIN, { ...MARK, authorization: `Bearer ${TOKEN}` }, 'POST')).status, 200);
  assert.equal(node.decisions.length, 1);
  // A token does not replace the mark: a browser sends a form with the password that it knows, and is refused.
  assert.equal((await ask(DRAIN, { authorization: basic(TOKEN) }, 'POST')).status, 403);
});

test('a wrong one, another scheme, half of one, and none that is meant as one', async (context) => {
  const { ask, serverLines, node } = await startGuarded(context);
  const wrong = [
    ...[`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(0, -1)}`, `Bearer ${TOKEN.toUpperCase()}`, 'Bearer #', basic('')],
    ...[basic('x', TOKEN), 'Basic !!!!', `Basic ${Buffer.from(TOKEN).toString('base64')}`, `Basic ${TOKEN}`],
  ];
  for (const authorization of wrong) {
    const { status, text } = await ask('/state', { authorization });
    assert.equal(status, 401, authorization);
    assert.match(text, /the admin token of this request is not one of this node/, authorization);
  }
  for (const authorization of [TOKEN, `Token ${TOKEN}`, `Digest ${TOKEN}`, 'Bearer', `Bearer ${TOKEN} x`, 'Basic']) {
    const { status, text } = await ask('/state', { authorization });
    assert.equal(status, 401, authorization);
    assert.match(text, /is neither Bearer nor Basic/, authorization);
  }
  assert.equal((await ask('/state', { authorization: '' })).status, 401);
  assert.equal(
    (await ask('/state', { 'x-autoproxy-token': TOKEN, 'proxy-authorization': `Bearer ${TOKEN}` })).status,
    401,
  );
  assert.equal((await ask('/state', { cookie: `token=${TOKEN}` })).status, 401);
  // Once a minute, from where, and never what.
  const warnings = serverLines.filter(({ level }) => level === 'warn');
  assert.deepEqual(
    warnings.map(({ msg, from }) => [String(msg).split(';')[0], typeof from]),
    [['a request to the admin API had a wrong token', 'string']],
  );
  assert.ok(!JSON.stringify(serverLines).includes(TOKEN.slice(0, 8)));
  assert.deepEqual(node.decisions, []);
});

test('two Authorization fields are refused, whichever is right', async (context) => {
  const { host, port } = await startGuarded(context);
  for (const [first, second] of [
    [`Bearer ${TOKEN}`, 'Bearer wrong'],
    ['Bearer wrong', `Bearer ${TOKEN}`],
    [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`],
  ]) {
    const head = `GET /state HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${first}\r\nAuthorization: ${second}\r\nConnection: close\r\n\r\n`;
    assert.match(await rawExchange(host, port, head), /^HTTP\/1\.1 400 .*Authorization more than once/s);
  }
});

test('a token in the URL is refused, also beside a right one, and is nowhere in the log', async (context) => {
  const { ask, host, port, serverLines } = await startGuarded(context);
  const authorization = `Bearer ${TOKEN}`;
  const urls = [
    ...[`/state?token=${TOKEN}`, '/state?token=', '/state?access_token=x', '/state?a=b&Auth-Token=x', '/ready?token=x'],
    ...[`/state?x=${TOKEN}`, `/state?${TOKEN}`, `/state/${TOKEN}`, `/state?x=${TOKEN.replace('t', '%74')}`],
    ...['/state?password=x', '/state?api_key=x', '/state?id_token=x', `/apps/${TOKEN}/why`],
  ];
  for (const url of urls)
    for (const headers of [{ authorization }, {}] as readonly Readonly<Record<string, string>>[]) {
      const { status, text } = await ask(url, headers);
      assert.equal(status, 400, url);
      assert.match(text, /the URL of this request holds a token or a password/);
      assert.ok(!text.includes(TOKEN));
    }
  const head = `GET http://ada:${TOKEN}@${host}/state HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  assert.match(await rawExchange(host, port, head), /^HTTP\/1\.1 400 .*holds a token or a password/s);
  assert.equal((await ask('/events?since=10m&limit=3', { authorization })).status, 200);
  assert.equal((await ask('/haproxy?stats;csv', { authorization })).status, 200);
  assert.ok(!JSON.stringify(serverLines).includes(TOKEN));
  const open = await startAdmin(context);
  const { statusCode, body } = await request(`${open.origin}/state?token=x`);
  assert.equal(statusCode, 400, 'also where none is needed: somebody gives one away');
  await body.dump();
});

test('a foreign name is refused before a token counts', async (context) => {
  const { host, port } = await startGuarded(context);
  const head = `GET /state HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`;
  assert.match(await rawExchange(host, port, head), /^HTTP\/1\.1 403 /);
});

test('the admin socket needs none, and has the same API', async (context) => {
  const { tokens } = await openTokens(context);
  const path = `${temporaryFolder(context, 'socket')}/admin.sock`;
  const socket = { path, mode: 0o660, owner: null, option: '--admin-socket', isDefault: false };
  const { node } = await startAdmin(context, { tokens, socket });
  const client = new Client('http://localhost', { socketPath: path });
  atEnd(context, () => client.destroy());
  const state = await client.request({ method: 'GET', path: '/state' });
  assert.equal(state.statusCode, 200);
  await state.body.dump();
  const drain = await client.request({ method: 'POST', path: DRAIN, headers: MARK });
  assert.equal(drain.statusCode, 200);
  await drain.body.dump();
  assert.equal(node.decisions[0]?.by, 'somebody at the admin socket');
  // Its mark is asked for there too: a program that forwards a port to it may be led by a page.
  const bare = await client.request({ method: 'POST', path: DRAIN });
  assert.equal(bare.statusCode, 403);
  await bare.body.dump();
});

test('another file, other tokens: the old ones end, and the pages that were opened with them', async (context) => {
  const { ask, file, tokens, until, origin } = await startGuarded(context);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const stream = await request(`${origin}/page/stream`, { headers });
  assert.equal(stream.statusCode, 200);
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  stream.body.resume().once('error', end).once('close', end);
  await writeFile(file, `${TOKEN}\nanother-token-of-ada\n`);
  await until('both are taken', () => tokens.has('another-token-of-ada'));
  await eventually('the stream ends', () => hasEnded);
  assert.equal((await ask('/state', headers)).status, 200);
  await writeFile(file, 'another-token-of-ada\n');
  await until('the old one is not', () => !tokens.has(TOKEN));
  assert.equal((await ask('/state', headers)).status, 401);
  assert.equal((await ask('/state', { authorization: 'Bearer another-token-of-ada' })).status, 200);
});

test('a file that breaks changes nothing and is said once; HUP reads it at once', async (context) => {
  const { file, tokens, lines, until } = await startGuarded(context);
  const said = (pattern: RegExp) => lines.filter((line) => pattern.test(JSON.stringify(line))).length;
  await writeFile(file, 'short\n');
  await until('it is said', () => said(/line 1 has fewer than 16 characters/) > 0);
  assert.ok(tokens.has(TOKEN));
  await writeFile(file, 'one-that-is-long-enough\n');
  tokens.refresh();
  await eventually('it is taken without a wait', () => tokens.has('one-that-is-long-enough'));
  assert.equal(said(/fewer than/), 1);
  assert.ok(!JSON.stringify(lines).includes('short\\n'));
});

test('a connection is of this machine when both its ends are', () => {
  const way = (remoteAddress: string | undefined, localAddress: string) =>
    wayOf({ remoteAddress, localAddress } as Parameters<typeof wayOf>[0]);
  for (const [from, to] of [
    ['127.0.0.1', '127.0.0.1'],
    ['127.9.9.9', '127.0.0.1'],
    ['::1', '::1'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
    ['10.0.0.5', '10.0.0.5'],
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['fd00::5', 'fd00:0::5'],
  ] as const)
    assert.equal(way(from, to), 'own machine', from);
  for (const [from, to] of [
    ['10.0.0.6', '10.0.0.5'],
    ['fe80::1', 'fd00::5'],
    ['::ffff:10.0.0.6', '::ffff:10.0.0.5'],
    [undefined, ''],
    ['', ''],
  ] as const)
    assert.equal(way(from, to), 'network', from);
});
