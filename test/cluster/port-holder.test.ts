/** Who is named as the holder of a port: a process whose socket is in the way, never one on another address. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { BindError, bindSocket } from '../../src/cluster/listening-socket.js';
import { findPortHolder } from '../../src/cluster/port-holder.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';

const PROGRAM = `
  const [host, port, ipv6Only] = process.argv.slice(1);
  require('node:net').createServer().listen({ host, port: Number(port), ipv6Only: ipv6Only === 'true' }, () => console.log('ok'));
`;

/** Another process that listens there. @returns its pid */
async function listen(context: TestContext, host: string, port: number, ipv6Only = false): Promise<number> {
  const child = spawn(process.execPath, ['-e', PROGRAM, host, String(port), String(ipv6Only)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(context, async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

function isTaken(host: string, port: number): boolean {
  try {
    bindSocket(host, port).close();
    return false;
  } catch (error) {
    assert.ok(error instanceof BindError);
    return true;
  }
}

test('of two that listen on one port the one on the very address is named', async (context) => {
  const [own, other] = [ownAddress(), ownAddress()];
  const port = await freePort(own);
  await listen(context, other, port);
  const holder = await listen(context, own, port);
  assert.match((await findPortHolder(own, port)) ?? '', new RegExp(`\\(pid ${holder}\\)$`));
});

test('nobody is named for what only listens on another address', async (context) => {
  const [own, other] = [ownAddress(), ownAddress()];
  const port = await freePort(own);
  await listen(context, other, port);
  assert.equal(await findPortHolder(own, port), null);
  assert.equal(await findPortHolder('::1', port), null);
});

test('one that listens for IPv6 alone is not named where another one has the address', async (context) => {
  const own = ownAddress();
  const port = await freePort(own);
  await listen(context, '::', port, true);
  const holder = await listen(context, own, port);
  assert.match((await findPortHolder(own, port)) ?? '', new RegExp(`\\(pid ${holder}\\)$`));
});

const PAIRS: readonly (readonly [held: string, asked: string])[] = [
  ['0.0.0.0', 'own'],
  ['own', '0.0.0.0'],
  ['0.0.0.0', '0.0.0.0'],
  ['::', 'own'],
  ['own', '::'],
  ['::', '0.0.0.0'],
  ['::', '::'],
  ['::', '::1'],
  ['::1', '::'],
  ['::1', '::1'],
  ['::ffff:own', 'own'],
  ['own', '::ffff:own'],
  ['::ffff:own', '0.0.0.0'],
];

for (const [held, asked] of PAIRS) {
  test(`${held} is in the way of ${asked}, as the kernel says`, async (context) => {
    const own = ownAddress();
    const [holding, asking] = [held.replace('own', own), asked.replace('own', own)];
    // Another test may have it on an address of its own.
    const port = await freePort('0.0.0.0');
    const holder = await listen(context, holding, port);
    assert.ok(isTaken(asking, port), 'the kernel agrees');
    assert.match((await findPortHolder(asking, port)) ?? '', new RegExp(`\\(pid ${holder}\\)$`));
  });
}
