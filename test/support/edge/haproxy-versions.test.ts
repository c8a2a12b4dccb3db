/** Each version is the one that it is called, and can be reloaded as the edge reloads it: a wrapper may not be in the way. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { freePort, ownAddress } from '../addresses.js';
import { temporaryFolder } from '../at-end.js';
import { eventually } from '../eventually.js';
import { runHaproxy } from './haproxy-process.js';
import { findHaproxy, HAPROXY_VERSIONS, haproxyOfVersion } from './haproxy-versions.js';

for (const version of HAPROXY_VERSIONS) {
  test(`HAProxy ${version} is ${version}, and its master starts itself again at a reload`, async (context) => {
    const program = haproxyOfVersion(version);
    assert.match(execFileSync(program, ['-v'], { encoding: 'utf8' }), new RegExp(`version ${version}\\.`));

    const folder = temporaryFolder(context, 'master');
    const [host, socket] = [ownAddress(), path.join(folder, 'master.sock')];
    const port = await freePort(host);
    const file = path.join(folder, 'haproxy.cfg');
    const configuration = (body: string): string =>
      `global
  maxconn 20
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend fe
  bind ${host}:${port}
  http-request return status 200 content-type text/plain string ${body}
`;
    await writeFile(file, configuration('before'));
    const flags = ['-W', '-S', `${socket},level,admin`];
    const child = await runHaproxy(context, { program, file, flags, awaited: { host, port } });
    const answer = async (): Promise<string> =>
      fetch(`http://${host}:${port}/`).then(
        (response) => response.text(),
        (error: Error) => error.message,
      );
    const until = (wanted: string): Promise<void> =>
      eventually(`it answers "${wanted}"`, async () => {
        assert.equal(child.exitCode, null, 'HAProxy ended');
        return (await answer()) === wanted;
      });
    await until('before');
    await writeFile(file, configuration('after'));
    await reloaded(socket);
    await until('after');
    assert.equal(child.exitCode, null, 'the master is the one that was started');
  });
}

/** The master listens a moment after its worker, and takes nobody before. */
function reloaded(socket: string): Promise<void> {
  return eventually('the master takes the command', async () => {
    const master = connect(socket);
    try {
      await once(master, 'connect');
      master.end('reload\n').resume();
      await once(master, 'close');
      return true;
    } catch {
      return false;
    }
  });
}

test('a variable names a version, and only that one', () => {
  const program = haproxyOfVersion('3.0');
  assert.equal(findHaproxy('3.0', { HAPROXY_30_BIN: program }), program);
  assert.throws(() => findHaproxy('3.2', { HAPROXY_32_BIN: program }), /is 3\.0, and 3\.2 is wanted/);
  assert.throws(() => findHaproxy('3.2', { HAPROXY_32_BIN: '/nowhere' }), /is no HAProxy/);
});
