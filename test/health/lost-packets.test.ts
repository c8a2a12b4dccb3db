/**
 * A node that lost its power and a container that is frozen do not refuse: nothing comes back at all. A check must end at
 * its timeout then, and count. The port here belongs to a process that does not run and whose backlog is full, so that the
 * kernel drops what comes.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../src/core/log.js';
import { HealthChecker } from '../../src/health/checker.js';
import { probeHttp } from '../../src/health/probe-http.js';
import { probeTcp } from '../../src/health/probe-tcp.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { testClock } from '../support/node/services-directory.js';

const BACKLOG = 1;
const CHECK = { path: '/health', intervalMs: 50, timeoutMs: 200, rise: 1, fall: 2 };

const FROZEN_SERVER = `
  const server = require('node:net').createServer();
  server.listen({ host: process.argv[1], port: 0, backlog: ${BACKLOG} }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
  });`;

async function createBlackHole(context: TestContext): Promise<{ readonly host: string; readonly port: number }> {
  const host = ownAddress();
  const child: ChildProcess = spawn(process.execPath, ['-e', FROZEN_SERVER, host], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(child.stdout !== null);
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(text.toString());
  // Linux holds one connection more than the backlog says.
  const fillers = Array.from({ length: BACKLOG + 1 }, () => connect({ host, port }).on('error', () => {}));
  await Promise.all(fillers.map((filler) => once(filler, 'connect')));
  atEnd(context, async () => {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return { host, port };
}

test('a check ends at its timeout', async (context) => {
  const target = { ...(await createBlackHole(context)), check: CHECK };
  for (const probe of [probeTcp, probeHttp]) {
    const startedAt = performance.now();
    const { hasPassed, detail } = await probe(target);
    const tookMs = performance.now() - startedAt;
    assert.equal(hasPassed, false);
    assert.match(detail, /within 200ms$/);
    assert.ok(tookMs > 190 && tookMs < 2_000, `${tookMs} ms`);
  }
});

for (const [what, path] of [
  ['HTTP', '/health'],
  ['TCP', null],
] as const) {
  test(`${what} checks take it down`, async (context) => {
    const target = await createBlackHole(context);
    const checker = new HealthChecker({ clock: testClock, random: () => 0, log: silentLog });
    atEnd(context, () => checker.stop());
    const changed = new Promise<boolean>((resolve) => checker.onChange((_key, isUp) => resolve(isUp)));
    checker.setTargets([{ key: 'a', ...target, check: { ...CHECK, path }, group: 'shop' }]);
    assert.equal(await changed, false);
  });
}
