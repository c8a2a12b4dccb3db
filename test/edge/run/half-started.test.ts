/** `edge run` is killed while HAProxy starts, or its socket was removed: the next one starts none beside it. */
import assert from 'node:assert/strict';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { findMasters } from '../../../edge/haproxy/processes.js';
import { atEnd, temporaryFolder } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS, haproxyOfVersion } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';

for (const version of HAPROXY_ENDS)
  test(`one HAProxy runs, whenever edge run was killed, HAProxy ${version}`, async (context) => {
    // A slow disk: it begins a second after the test lets it.
    const folder = temporaryFolder(context, 'slow');
    const [program, word] = [path.join(folder, 'haproxy'), path.join(folder, 'go-on')];
    const slow = `case "$*" in "-W "*) until [ -e "${word}" ]; do sleep 0.05; done; sleep 1;; esac`;
    writeFileSync(program, `#!/bin/sh\n${slow}\nexec "${haproxyOfVersion(version)}" "$@"\n`);
    chmodSync(program, 0o755);
    const edge = await EdgeDeployment.create(context, { version, program });
    atEnd(context, () => context.diagnostic(edge.log));
    const socket = path.join(edge.folder, 'run/master.sock');
    let started: readonly number[] = [];

    await context.test('killed when it had just started HAProxy', async () => {
      edge.launch();
      await eventually('HAProxy was started', async () => {
        started = await findMasters(socket);
        return started.length > 0;
      });
      await edge.stop('SIGKILL');
      assert.equal(await edge.state(), null, 'it does not answer yet');
      writeFileSync(word, '');
      await edge.run();
      await eventually('the probe passes', () => edge.isHealthy());
      assert.deepEqual(await findMasters(socket), started);
      assert.match(edge.log, /"adopted":true/);
    });

    await context.test('the socket was removed', async () => {
      await edge.settled();
      await edge.stop('SIGKILL');
      rmSync(socket);
      await edge.run();
      await eventually('the probe passes', () => edge.isHealthy());
      assert.deepEqual(await findMasters(socket), started);
      assert.match(edge.log, /told to reload/);
    });

    assert.equal(await edge.stop(), 0);
    assert.deepEqual(await findMasters(socket), []);
  });
