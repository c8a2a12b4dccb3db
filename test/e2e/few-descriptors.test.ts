/** The primary runs out of file descriptors: it says so, with what to do, goes on, and finds back when there are some again. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

/** Node 20 opens some 90 of the node's modules at once when it starts; then it has 30 open. */
const DESCRIPTORS = 130;
const SHORT = new RegExp(`^the primary has \\d+ of ${DESCRIPTORS} file descriptors open`);
/** The admin API takes so many connections at its port, and as many at its socket. */
const CLIENTS = 64;

test('a program that cannot even be loaded says what to raise', async () => {
  const { exitCode, stderr } = await runCli(['check', '--help'], {}, ['sh', '-c', 'ulimit -n 24; exec "$@"', 'sh']);
  // Node 22 and later open one module after the other.
  if (exitCode === 0) assert.ok(Number(process.versions.node.split('.')[0]) >= 22);
  else assert.match(stderr, /^autoproxy: EMFILE: .*\n {2}→ raise the limit of open files: LimitNOFILE=65536/);
});

test('clients of the admin API take the last descriptors', async (context) => {
  const instance = await HttpInstance.start(context);
  const files = (_host: string, slot: number) => ({ 'shop.yml': appText('shop', slot, [instance.id]) });
  const limited = ['sh', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'sh'];
  const node = await startNode(context, files, { '--workers': '1' }, limited);
  const [host = '', port] = node.admin.split(':');
  const sockets: Socket[] = [];
  atEnd(context, () => {
    for (const socket of sockets) socket.destroy();
  });
  // A head that is not whole keeps its connection for 5 s.
  const take = async (at: NetConnectOpts): Promise<void> => {
    const socket = connect(at);
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!context.signal.aborted && sockets.includes(socket)) void take(at);
    });
    await once(socket, 'connect').catch(() => {});
  };
  const places = [{ host, port: Number(port) }, { path: path.join(node.stateDir, 'admin.sock') }];
  await Promise.all(places.flatMap((at) => Array.from({ length: CLIENTS }, () => take(at))));
  const line = await node.logged(SHORT);
  assert.equal(line.level, 'error');
  assert.equal(line.limit, DESCRIPTORS);
  assert.match(String(line.hint), /LimitNOFILE=65536/);
  assert.equal((await ask(node.host, node.slot)).status, 200);

  for (const socket of sockets.splice(0)) socket.destroy();
  await node.logged('the primary has file descriptors again');
  await eventually('the state has no such problem', async () => (await node.state()).problems.length === 0);
  assert.equal((await ask(node.host, node.slot)).status, 200);
  assert.equal(await node.stop(), 0);
});
