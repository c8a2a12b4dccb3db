import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PodChanges } from '../../src/control/pod-changes.js';
import type { ListedNode } from '../../src/neighbors/neighbor-source.js';
import { AppChronicle } from '../../src/report/app-chronicle.js';
import { FakeClock } from '../support/fake-clock.js';
import { appOf } from '../support/node/apps.js';
import { createRecordingLog } from '../support/recording-log.js';

function createWorld() {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const chronicle = new AppChronicle(clock);
  chronicle.onDesiredState([appOf('shop', 21_000)], [], []);
  const changes = new PodChanges({ log, observer: chronicle });
  const events = (app: string): string[] => chronicle.eventsOf(app).map(({ kind, text }) => `${kind}: ${text}`);
  return { clock, lines, chronicle, changes, events };
}

test('of a plain list each address that comes or goes is told, and that nobody is left', async () => {
  const { clock, lines, changes, events } = createWorld();
  changes.onList(['10.0.0.2', '10.0.0.3'], null);
  await clock.advance(10);
  changes.onList(['10.0.0.2', '10.0.0.4'], null);
  await clock.advance(10);
  changes.onList([], null);
  assert.deepEqual(
    lines.map(({ level, msg }) => `${level} ${msg}`),
    [
      'info the nodes of the pod',
      'info 10.0.0.4 joined the pod',
      'info 10.0.0.3 left the pod: it was removed from the list',
      'info 10.0.0.2 left the pod: it was removed from the list',
      'info 10.0.0.4 left the pod: it was removed from the list',
      'warn no other node of the pod is left: this node has nowhere to bleed to',
    ],
  );
  assert.deepEqual(
    events('shop').slice(1),
    lines.slice(1).map(({ msg }) => `pod: ${msg}`),
  );
  assert.deepEqual(events('shop')[0]?.slice(0, 9), 'appeared:');
});

test('what is remarked of a node is told, and a doubt is a warning', () => {
  const { lines, changes } = createWorld();
  const node: ListedNode = { id: 'b', name: 'b', addresses: ['10.0.0.2'], standing: 'counted', remark: null };
  const doubted: ListedNode = { ...node, standing: 'doubted', remark: 'check serfHealth is critical' };
  changes.onList(['10.0.0.2'], { nodes: [node], problems: [] });
  changes.onList(['10.0.0.2'], { nodes: [doubted], problems: [] });
  changes.onList([], { nodes: [{ ...node, standing: 'leftOut', remark: 'it is in maintenance' }], problems: [] });
  assert.deepEqual(changes.nodes[0]?.remark, 'it is in maintenance');
  assert.deepEqual(
    lines.slice(1).map(({ level, msg }) => `${level} ${msg.replace(/;.*/, '')}`),
    [
      'warn b (10.0.0.2) is doubted: check serfHealth is critical',
      'info b (10.0.0.2) left the pod: it is in maintenance',
      'warn no other node of the pod is left: this node has nowhere to bleed to',
    ],
  );
});

test('an app that nobody has heard of has no events of the pod either', () => {
  const { changes, chronicle } = createWorld();
  changes.onList(['10.0.0.2'], null);
  changes.onList([], null);
  assert.deepEqual(chronicle.eventsOf('nobody'), []);
  assert.deepEqual(chronicle.names(), ['shop']);
});
