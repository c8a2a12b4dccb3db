/** A node that may not bind ports below 1024: log and status name the right that it lacks, and its other slots serve. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { StateDocument } from '../../src/admin/state-document.js';
import { startNode } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';
import { appText } from '../support/node/services-directory.js';

const SLOT = 80;
const REASON =
  /^EACCES: port 80 failed to bind: a port below net\.ipv4\.ip_unprivileged_port_start needs CAP_NET_BIND_SERVICE/;

const isRoot = process.getuid?.() === 0;
/** A new network namespace has the kernel's default, 1024; containers often have 0. Root has the right until it is taken. */
const WITHOUT_RIGHT = isRoot
  ? [
      'unshare',
      '--net',
      'sh',
      '-c',
      'ip link set lo up && exec "$@"',
      'sh',
      'setpriv',
      '--bounding-set=-net_bind_service',
    ]
  : [];

function reasonToSkip(): string | false {
  const first = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  return isRoot || first > SLOT ? false : 'everybody may bind this port here';
}

test('a slot on port 80 names the capability that the node lacks', { skip: reasonToSkip() }, async (context) => {
  const files = (_host: string, slot: number) => ({
    'low.yml': appText('low', SLOT, ['127.0.0.1:8080']),
    'high.yml': appText('high', slot, ['127.0.0.1:8080']),
  });
  const node = await startNode(context, files, {}, WITHOUT_RIGHT);
  const said = await node.logged('binding the slot failed; it is retried');
  assert.deepEqual([said.app, said.port, said.code], ['low', SLOT, 'EACCES']);
  assert.match(String(said.reason), REASON);

  const inside = isRoot ? ['nsenter', `--net=/proc/${node.pid}/ns/net`] : [];
  const { stdout } = await runCli(['status', '--json', '--admin', node.admin], {}, inside);
  const apps = new Map((JSON.parse(stdout) as StateDocument).apps.map((app) => [app.name, app]));
  assert.equal(apps.get('low')?.bound, false);
  assert.match(apps.get('low')?.bindError ?? '', REASON);
  assert.deepEqual([apps.get('high')?.bound, apps.get('high')?.bindError], [true, null]);
});
