import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionEntry } from '../../../src/admin/sessions-document.js';
import { answersTo, StatsNodeDouble } from './stats-node-double.js';

const SESSION: SessionEntry = {
  ...{ id: '0x2a00000001', app: 'shop', protocol: 'http', client: '10.0.0.9:4711', stage: 'waiting' },
  ...{
    instance: '172.17.0.2:8080',
    isNeighbor: false,
    ageMs: 65_000,
    bytesIn: 90,
    bytesOut: 12,
    retries: 1,
    worker: 0,
  },
};

function nodeWith(...sessions: readonly Partial<SessionEntry>[]): StatsNodeDouble {
  const node = new StatsNodeDouble();
  node.listed = { ...node.listed, sessions: sessions.map((parts) => ({ ...SESSION, ...parts })) };
  return node;
}

/** Of each session its first words. */
async function told(node: StatsNodeDouble, line = 'show sess'): Promise<readonly string[]> {
  const lines = (await answersTo(line, node)).trimEnd().split('\n');
  return lines.map((text) => text.split(' ts=')[0] ?? '');
}

test('servers are called as in the statistics: neighbors, other ports, and those that have left', async () => {
  const node = nodeWith(
    {},
    { instance: '172.17.0.3:8081' },
    { instance: '10.0.0.2:21034', isNeighbor: true },
    { instance: '172.17.0.9:8080' },
    { instance: null, stage: 'queued', client: '[fd00::9]:4711' },
    { app: 'gone' },
  );
  assert.deepEqual(await told(node), [
    '0x2a00000001: proto=tcpv4 src=10.0.0.9:4711 fe=shop be=shop srv=shop_172.17.0.2',
    '0x2a00000001: proto=tcpv4 src=10.0.0.9:4711 fe=shop be=shop srv=shop_172.17.0.3:8081',
    '0x2a00000001: proto=tcpv4 src=10.0.0.9:4711 fe=shop be=shop_backup srv=shop_backup0',
    '0x2a00000001: proto=tcpv4 src=10.0.0.9:4711 fe=shop be=shop srv=shop_172.17.0.9:8080',
    '0x2a00000001: proto=tcpv6 src=[fd00::9]:4711 fe=shop be=shop srv=<none>',
    '0x2a00000001: proto=tcpv4 src=10.0.0.9:4711 fe=gone be=gone srv=gone_172.17.0.2:8080',
  ]);
  assert.equal((await told(node, 'show sess backend shop_backup')).length, 1);
  assert.equal((await told(node, 'show sess frontend shop')).length, 5);
  assert.equal((await told(node, 'show sess server shop/#1')).length, 1);
});

for (const [ageMs, text] of [
  [900, '0s'],
  [59_999, '59s'],
  [65_000, '1m5s'],
  [3_600_000, '1h'],
  [12_000_000, '3h20m'],
  [90_061_000, '1d1h'],
] as const) {
  test(`an age of ${ageMs} ms is ${text}`, async () => {
    assert.match(await answersTo('show sess', nodeWith({ ageMs })), new RegExp(` age=${text} `));
  });
}

test('all and an id have the long form, and what is not listed is said', async () => {
  const node = nodeWith({}, { id: '0x2a00000002' });
  assert.match(
    await answersTo('show sess 0x2a00000002', node),
    /^0x2a00000002: .* id=2 [\s\S]* {2}res=\(nil\) .* total=12\)\n\n$/,
  );
  assert.equal((await answersTo('show sess all', node)).match(/^0x/gm)?.length, 2);
  assert.equal(await answersTo('show sess 2a00000003', node), 'Session not found.\n\n');
  node.listed = { ...node.listed, unlisted: 7, missing: [{ worker: 1, pid: 43 }] };
  const said = await answersTo('show sess 2a00000003', node);
  assert.equal(
    said,
    '# 7 younger sessions are not listed\n# worker 1 (pid 43) does not answer: its sessions are not listed\n\n',
  );
});

test('a session is ended by its id', async () => {
  const node = nodeWith({});
  assert.equal(await answersTo('shutdown session 0x2a00000001', node), '\n');
  assert.deepEqual(node.decided, ['0x2a00000001 killed by ann']);
});
