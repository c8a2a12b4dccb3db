/** `doctor` names what is wrong, beside a node and without one, and ends with 1 when something is bad. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { receiveDatagrams } from '../support/machine/datagram-receiver.js';
import { onSmallDisk } from '../support/machine/small-disk.js';
import { startNode } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText, writeAtomically } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

interface Row {
  readonly check: string;
  readonly verdict: string;
  readonly text: string;
  readonly todo: string | null;
}

async function ask(admin: string, env: Readonly<Record<string, string>> = {}, more: readonly string[] = []) {
  const { exitCode, stdout, stderr } = await runCliHere(['doctor', '--json', '--admin', admin, ...more], env);
  assert.equal(stderr, '');
  const { verdict, node, findings } = JSON.parse(stdout) as { verdict: string; node: string | null; findings: Row[] };
  const of = (check: string): Row[] => findings.filter((row) => row.check === check);
  return { exitCode, verdict, node, findings, of };
}

test('beside a node: wrong ports, PROXY headers that were not expected, neighbors that are not there', async (context) => {
  const instance = await HttpInstance.start(context);
  const lost = ownAddress();
  const node = await startNode(
    context,
    (_host, slot) => ({
      // Its program listens elsewhere.
      'shop.yml': `${appText('shop', slot, [`${instance.host}:1`])}  native_port: ${instance.port}\n`,
      'cart.yml': appText('cart', slot + 2, [instance.id]),
    }),
    { '--neighbors': lost },
  );
  const url = `http://${node.host}:${node.slot + 2}/`;
  await (await fetch(url)).text();
  const { connect } = await import('node:net');
  await new Promise((resolve) => {
    const socket = connect(node.slot + 2, node.host, () =>
      socket.write('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET / HTTP/1.1\r\n\r\n'),
    );
    socket.resume().once('close', resolve);
  });
  const { exitCode, verdict, of } = await ask(node.admin);
  assert.deepEqual([exitCode, verdict], [1, 'bad']);
  assert.equal(of('node')[0]?.text, `node test-node at ${node.admin} is ready`);
  assert.equal(
    of('instances')[0]?.text,
    `${instance.host}:1 of shop does not answer (connection refused); ${instance.host} answers at port ${instance.port}`,
  );
  assert.match(
    of('proxy-header')[0]?.text ?? '',
    /^1 connections to slot \d+ of cart began with a PROXY header that it does not expect$/,
  );
  assert.equal(of('neighbors')[0]?.text, `neighbor ${lost} answers at no slot: connection refused`);
  assert.equal(of('consul-rights')[0]?.verdict, 'unknown');
  const text = await runCliHere(['doctor', '--admin', node.admin]);
  assert.match(text.stdout, /^bad +instances +.*\n +→ correct the port of the instance/m);
});

test('without a node: a port of a slot that somebody has, from the options alone', async (context) => {
  const host = ownAddress();
  const slot = await freePort(host);
  const servicesDir = temporaryFolder(context, 'services');
  await writeAtomically(`${servicesDir}/shop.yml`, appText('shop', slot));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(slot + 1, host, resolve));
  atEnd(context, () => void server.close());
  const env = {
    AUTOPROXY_SERVICES_DIR: servicesDir,
    AUTOPROXY_BIND: host,
    AUTOPROXY_ADMIN: `${host}:${await freePort(host)}`,
  };
  const { exitCode, node, of } = await ask(env.AUTOPROXY_ADMIN, env);
  assert.deepEqual([exitCode, node], [1, null]);
  const asked = `asked a node at ${env.AUTOPROXY_ADMIN}: nothing listens on ${env.AUTOPROXY_ADMIN}`;
  assert.deepEqual(of('node')[0], {
    ...{ check: 'node', verdict: 'unknown' },
    text: `${asked}; the options and files of this machine alone were looked at`,
    todo: 'start the node (autoproxy node), or name the address of a running one with --admin ADDR:PORT or unix:/PATH',
  });
  const [taken] = of('ports');
  assert.match(
    taken?.text ?? '',
    new RegExp(`^${host}:${slot + 1}, the health port of shop, is taken by .*\\(pid ${process.pid}\\)`),
  );
  assert.deepEqual([taken?.verdict, taken?.text.endsWith(`(${asked})`)], ['bad', true]);

  // Without the token no node can be asked, and who has the port may be the node.
  const tokenFile = `${servicesDir}/no-token`;
  const unasked = await ask(env.AUTOPROXY_ADMIN, env, ['--admin-token-file', tokenFile]);
  assert.equal(unasked.exitCode, 0);
  const [said] = unasked.of('node');
  assert.match(
    said?.text ?? '',
    new RegExp(`^asked no node: ${tokenFile}, the file of --admin-token-file, is not there`),
  );
  assert.equal(said?.todo, 'name a file with the token of the node');
  const [held] = unasked.of('ports');
  assert.deepEqual([held?.verdict, held?.todo], ['unknown', 'if that is not the node, stop it or choose another port']);
});

test('a node that answers and tells nothing that this release reads was asked', async (context) => {
  const host = ownAddress();
  const server = createServer((_request, response) => response.end('{"version":2}'));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  atEnd(context, () => void server.close());
  const admin = `${host}:${(server.address() as AddressInfo).port}`;
  const [said] = (await ask(admin, { AUTOPROXY_SERVICES_DIR: temporaryFolder(context, 'services') })).of('node');
  assert.match(said?.text ?? '', new RegExp(`^asked a node at ${admin}: the node at ${admin} runs another release; `));
  assert.equal(said?.todo, 'use the autoproxy command of the same release as the node');
});

test('an admin API beyond loopback without a token, and one that asks for one', async (context) => {
  const servicesDir = temporaryFolder(context, 'services');
  const tokenFile = path.join(servicesDir, 'token');
  writeFileSync(tokenFile, 'token-of-the-operators-1\n', { mode: 0o600 });
  const port = await freePort('127.0.0.1');
  const options = { AUTOPROXY_SERVICES_DIR: servicesDir, AUTOPROXY_ADMIN: `0.0.0.0:${port}` };
  const open = (await ask(`127.0.0.1:${port}`, options)).of('admin-access')[0];
  assert.equal(open?.verdict, 'warn');
  assert.match(open?.text ?? '', /^the admin API at 0\.0\.0\.0:\d+ is beyond loopback without a token: /);
  assert.match(open?.todo ?? '', /--admin-token-file FILE/);
  const onLoopback = await ask(`127.0.0.1:${port}`, { ...options, AUTOPROXY_ADMIN: `127.0.0.1:${port}` });
  assert.equal(onLoopback.of('admin-access')[0]?.verdict, 'ok');

  const node = await startNode(context, () => ({}), { '--admin-token-file': tokenFile });
  const refused = await runCliHere(['doctor', '--admin', node.admin]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /asks for its admin token\n.*--admin-token-file FILE/);
  const { of } = await ask(node.admin, { AUTOPROXY_ADMIN_TOKEN_FILE: tokenFile });
  assert.deepEqual(of('admin-access')[0], {
    check: 'admin-access',
    verdict: 'ok',
    text: `the admin API at ${node.admin} asks for a token`,
    todo: null,
  });
});

test('a socket of syslog that is not there, and lines of the access log that were lost', async (context) => {
  const folder = temporaryFolder(context, 'syslog');
  const socket = path.join(folder, 'log');
  const options = { AUTOPROXY_SERVICES_DIR: folder, AUTOPROXY_ACCESS_LOG: `syslog:unix:${socket}` };
  const asked = async () =>
    (await ask('127.0.0.1:1', options)).of('access-log').map(({ verdict, text }) => [verdict, text]);
  assert.deepEqual(await asked(), [['bad', `the access log cannot be sent: there is no socket ${socket}`]]);
  await receiveDatagrams(context, socket, () => {});
  assert.deepEqual(await asked(), [['ok', `the access log goes to syslog:unix:${socket}`]]);

  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot) }), {
    '--access-log': '/dev/full',
    '--workers': '1',
  });
  for (let request = 0; request < 3; request += 1) await (await fetch(`http://${node.host}:${node.slot}/`)).text();
  await node.untilState(({ accessLog }) => accessLog?.waiting === 3);
  const waiting = (await ask(node.admin)).of('access-log');
  assert.deepEqual(waiting, [
    {
      ...{ check: 'access-log', verdict: 'warn' },
      text: 'the node cannot write its access log: ENOSPC: no space left on device, write',
      todo: 'make room, or have the receiver back; until then 3 lines wait; beyond 4 MB in each worker they are lost',
    },
  ]);
  node.signal('SIGUSR2');
  await node.untilState(({ accessLog }) => accessLog?.dropped === 3);
  assert.deepEqual((await ask(node.admin)).of('access-log'), [
    {
      ...{ check: 'access-log', verdict: 'warn', text: '3 of 3 lines of the access log were lost' },
      todo: 'see the log of the node, which says why',
    },
  ]);
});

test('a file for the access log that could not be written', async (context) => {
  const folder = temporaryFolder(context, 'log-file');
  const asked = async (file: string) =>
    (await ask('127.0.0.1:1', { AUTOPROXY_SERVICES_DIR: folder, AUTOPROXY_ACCESS_LOG: file }))
      .of('access-log')
      .map(({ verdict, text }) => [verdict, text]);
  const missing = path.join(folder, 'typo/access.log');
  const [[verdict, text] = []] = await asked(missing);
  assert.equal(verdict, 'bad');
  assert.match(text ?? '', new RegExp(`cannot be written: there is no folder ${path.dirname(missing)}`));
  assert.match((await asked(folder))[0]?.[1] ?? '', /is a directory$/);
  const file = path.join(folder, 'access.log');
  assert.deepEqual(await asked(file), [['ok', `the access log goes to ${file}`]]);
});

test('a state directory: with room, to be made, nearly full, full, without room for a file, mounted for reading', async (context) => {
  const folder = temporaryFolder(context, 'state-dir');
  const options = { AUTOPROXY_SERVICES_DIR: folder, AUTOPROXY_STATE_DIR: folder };
  const [roomy] = (await ask('127.0.0.1:1', options)).of('state-dir');
  assert.equal(roomy?.verdict, 'ok');
  assert.match(roomy?.text ?? '', new RegExp(`^the disk of the state directory ${folder} has \\d+ MiB free$`));
  const missing = path.join(folder, 'not/there');
  const [later] = (await ask('127.0.0.1:1', { ...options, AUTOPROXY_STATE_DIR: missing })).of('state-dir');
  assert.match(
    later?.text ?? '',
    new RegExp(`directory ${missing}, which is to be made in ${folder}, has \\d+ MiB free$`),
  );
  for (const [disk, verdict, text] of [
    [{ kilobytes: 10_240 }, 'warn', /has 10 MiB free$/],
    [{ kilobytes: 64, isFull: true }, 'bad', /is full$/],
    [{ kilobytes: 64, files: 1 }, 'bad', /takes no further file$/],
    [{ kilobytes: 64, isReadOnly: true }, 'bad', /cannot be written: EROFS: read-only file system/],
  ] as const) {
    const { stdout } = await runCli(['doctor', '--json', '--admin', '127.0.0.1:1'], options, onSmallDisk(folder, disk));
    const row = (JSON.parse(stdout).findings as Row[]).find(({ check }) => check === 'state-dir');
    assert.equal(row?.verdict, verdict);
    assert.match(row?.text ?? '', text);
  }
});

test('options that no node would take are named, with whether a node was asked', async () => {
  const { exitCode, stderr } = await runCliHere(['doctor', '--admin', '127.0.0.1:1'], { AUTOPROXY_WORKERS: 'many' });
  assert.equal(exitCode, 1);
  const [asked, mistake, todo] = stderr.split('\n');
  const rest = 'no node would start with the options of this machine';
  assert.equal(asked, `autoproxy: asked a node at 127.0.0.1:1: nothing listens on 127.0.0.1:1; ${rest}`);
  assert.match(mistake ?? '', /^AUTOPROXY_WORKERS: error: "many"/);
  assert.equal(todo, '  → correct them, or name a node that runs: --admin ADDR:PORT or --admin unix:/PATH');

  const lost = await runCliHere(['doctor'], { AUTOPROXY_CONFIG: '/nowhere/node.yml' });
  assert.equal(lost.exitCode, 1);
  assert.deepEqual(lost.stderr.split('\n').slice(0, 2), [
    `autoproxy: asked no node: where it is cannot be read; ${rest}`,
    '/nowhere/node.yml: error: this file does not exist (name an existing file)',
  ]);
});
