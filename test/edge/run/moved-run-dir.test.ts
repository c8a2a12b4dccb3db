/** `run_dir` changed while no `edge run` was running, and HAProxy was: it is named and taken over, none starts beside it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { findMasters } from '../../../edge/haproxy/processes.js';
import { atEnd, temporaryFolder } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS, haproxyOfVersion } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21396\nedge:\n  routes: [{host: shop.one.example}]\n';

async function isServed(edge: EdgeDeployment, host: string): Promise<boolean> {
  return (await edge.ask({ hosts: [host] }).catch(() => null))?.status === 200;
}

/** In the site alone: `run` becomes `moved`. */
function moveRunDirectory({ folder }: EdgeDeployment): void {
  const site = path.join(folder, 'edge.yml');
  const text = readFileSync(site, 'utf8').replace(`run_dir: ${folder}/run`, `run_dir: ${folder}/moved`);
  writeFileSync(`${site}.new`, text);
  renameSync(`${site}.new`, site);
}

for (const version of HAPROXY_ENDS)
  test(`a HAProxy at the run_dir of before is taken over there, and moves at a restart, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    atEnd(context, () => context.diagnostic(edge.log));
    edge.writeApp('shop', SHOP);
    await edge.startServers(context, SHOP);
    await edge.run();
    await eventually('shop is served', () => isServed(edge, 'shop.one.example'));
    await edge.settled();
    const masterPid = (await edge.state())?.masterPid ?? 0;
    await edge.stop('SIGKILL');
    const socket = path.join(edge.folder, 'moved/master.sock');
    atEnd(context, async () => {
      for (const pid of await findMasters(socket)) process.kill(pid, 'SIGKILL');
    });
    mkdirSync(path.dirname(socket));
    moveRunDirectory(edge);

    edge.launch();
    await eventually('edge run has a HAProxy', async () => edge.log.includes('HAProxy runs"'));
    assert.deepEqual(await findMasters(socket), [], 'no second one');
    assert.match(edge.log, /it is taken over there/);
    assert.match(edge.log, new RegExp(`"pids":\\[${masterPid}\\],"masterSocket":"${edge.folder}/run/master.sock"`));
    edge.writeApp('shop', SHOP.replace('shop.one.example}', 'shop.one.example}, {host: new.one.example}'));
    await eventually('changes are served', () => isServed(edge, 'new.one.example'));
    assert.match(edge.log, /HAProxy stays at \S+run and /);
    assert.equal(await edge.stop(), 0);
    assert.equal(await edge.state(), null);

    edge.launch();
    await eventually('it has moved', async () => (await findMasters(socket)).length === 1);
    await eventually('it serves there', () => isServed(edge, 'new.one.example'));
    await eventually(
      'the release at its new place is in force',
      async () => edge.current().includes('moved/admin.sock') && (await edge.directory.applied()) !== null,
    );
    assert.equal(await edge.stop(), 0);
    assert.deepEqual(await findMasters(socket), []);
  });

/**
 * Replaces `program`: HAProxy that reads the release of before, and binds its sockets when another one is current, so that the
 * loop finds nobody. The next start is such a one once there is a file `late` beside it, with what `current` is then. It writes beside itself: a change in
 * the folder of the site would be another step of the loop.
 */
function writeLateProgram(program: string, { folder }: EdgeDeployment, haproxy: string): void {
  const text = `#!/bin/sh
beside=${path.dirname(program)}
state=${folder}/state
case "$*" in
  *master.sock*)
    if [ -e $beside/late ]; then
      before=$(cat $beside/late)
      rm $beside/late
      ln -s $state/$before $beside/read
      while [ "$(readlink $state/current)" = "$before" ]; do sleep 0.05; done
      sleep 0.5
      # It has read its configuration when its socket is there; a reload reads what is current.
      ( ( until [ -S ${folder}/moved/master.sock ]; do sleep 0.01; done; ln -sfn $state/current $beside/read ) & )
      exec ${haproxy} "$1" "$2" "$3" -f $beside/read/haproxy.cfg
    fi ;;
esac
exec ${haproxy} "$@"
`;
  writeFileSync(program, text, { mode: 0o755 });
}

/** The master of 2.6 says nothing when it has reloaded: what holds with it holds with one that does. */
const LATE_VERSION = '2.6';

test('a HAProxy that read the run_dir of before, and began after the change, moves', async (context) => {
  const beside = temporaryFolder(context, 'late');
  const program = path.join(beside, 'haproxy');
  const edge = await EdgeDeployment.create(context, { version: LATE_VERSION, program });
  writeLateProgram(program, edge, haproxyOfVersion(LATE_VERSION));
  atEnd(context, () => context.diagnostic(edge.log));
  edge.writeApp('shop', SHOP);
  await edge.startServers(context, SHOP);
  await edge.run();
  await edge.settled();
  assert.equal(await edge.stop(), 0);
  const socket = path.join(edge.folder, 'moved/master.sock');
  atEnd(context, async () => {
    for (const pid of await findMasters(socket)) process.kill(pid, 'SIGKILL');
  });
  mkdirSync(path.dirname(socket));
  moveRunDirectory(edge);
  writeFileSync(path.join(beside, 'late'), readlinkSync(path.join(edge.folder, 'state/current')));

  edge.launch();
  await eventually('edge run has a HAProxy', () => edge.log.includes('HAProxy runs"'));
  await edge.settled();
  assert.match(edge.current(), /moved\/admin\.sock/);
  assert.equal(existsSync(path.join(beside, 'late')), false, 'it began late');
  edge.writeApp('shop', SHOP.replace('shop.one.example}', 'shop.one.example}, {host: new.one.example}'));
  await eventually('a change needs no reload', () => edge.log.includes('"way":"hot"'));
  assert.equal(await edge.stop(), 0);
  // By the loop, or by the watch where that one looks first; HAProxy's own words have all come at the end.
  assert.equal(edge.log.match(/Reloading HAProxy/g)?.length, 1, 'one reload moves it');
  assert.deepEqual(await findMasters(socket), []);
});

test('edge apply and diff find the HAProxy at the run_dir of before, and say so', async (context) => {
  const edge = await EdgeDeployment.create(context, { version: '2.6' });
  edge.writeApp('shop', SHOP);
  await edge.startServers(context, SHOP);
  await edge.run();
  await eventually('shop is served', () => isServed(edge, 'shop.one.example'));
  await edge.settled();
  await edge.stop('SIGKILL');
  moveRunDirectory(edge);
  const diff = await edge.cli('diff');
  assert.match(diff.stdout, /nothing changes/);
  assert.match(diff.stderr, /HAProxy stays at \S+run and .*to move it, stop edge run \(TERM\) and start it again/);

  edge.writeApp('shop', SHOP.replace('shop.one.example}', 'shop.one.example}, {host: new.one.example}'));
  const applied = await edge.cli('apply');
  assert.match(applied.stdout, /is in force; HAProxy took it without a reload/);
  assert.match(applied.stderr, /HAProxy stays at \S+run and /);
  await eventually('the change is served', () => isServed(edge, 'new.one.example'));

  process.kill((await edge.state())?.masterPid ?? 0, 'SIGKILL');
  await eventually('HAProxy is gone', async () => (await findMasters(`${edge.folder}/run/master.sock`)).length === 0);
  const waiting = await edge.cli('apply');
  assert.match(
    waiting.stdout,
    /HAProxy does not run \(nothing listens at \S+moved\/master\.sock\), and begins with it/,
  );
});
