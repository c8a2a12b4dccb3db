/** What a mark proves: that its sender holds a key of the pod, now, towards this very node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BleedMarks, WINDOW_MS } from '../../../src/proxy/slot/bleed-marks.js';
import { decodeHeader } from '../../../src/proxy-protocol/decode.js';
import { encodeV2 } from '../../../src/proxy-protocol/encode.js';
import { TLV } from '../../../src/proxy-protocol/header.js';
import { createRecordingLog } from '../../support/recording-log.js';

const KEY = 'correct-horse-battery-staple';
const OTHER_KEY = 'another-key-of-the-pod-1';

function create(nodeId: string, keys: readonly string[], at = { ms: 1_800_000_010_000 }) {
  const { log, lines } = createRecordingLog();
  const clock = { now: () => at.ms, wallTime: () => at.ms, setTimer: () => ({ cancel() {} }) };
  return { marks: new BleedMarks({ node: 'docker-1', nodeId, keys, clock, log }), lines, at };
}

test('a mark of a node with the key is proven, once made for a window', () => {
  const sender = create('a', [KEY]);
  const mark = sender.marks.markFor('b');
  assert.match(mark, /^docker-1;\d+;[\w-]{43}$/);
  assert.equal(create('b', [KEY]).marks.proves(mark, '10.0.0.1'), true);
  assert.equal(sender.marks.markFor('b'), mark);
  assert.notEqual(sender.marks.markFor('c'), mark);
  sender.at.ms += WINDOW_MS;
  assert.notEqual(sender.marks.markFor('b'), mark);
});

test('without a key, or to somebody without an id, a mark is a name', () => {
  assert.equal(create('a', []).marks.markFor('b'), 'docker-1');
  assert.equal(create('a', [KEY]).marks.markFor(null), 'docker-1');
  const mark = create('a', [KEY]).marks.markFor('b');
  for (const keys of [[], [KEY]]) assert.equal(create('b', keys).marks.proves('docker-1', '10.0.0.1'), false);
  assert.equal(create('b', []).marks.proves(mark, '10.0.0.1'), false);
});

test('a key is exchanged in two steps: each key is believed, the first one signs', () => {
  const old = create('a', [KEY]).marks.markFor('b');
  const renewed = create('a', [OTHER_KEY, KEY]).marks.markFor('b');
  for (const keys of [
    [KEY, OTHER_KEY],
    [OTHER_KEY, KEY],
  ]) {
    const { marks } = create('b', keys);
    assert.deepEqual([marks.proves(old, ''), marks.proves(renewed, '')], [true, true]);
  }
  assert.equal(create('b', [KEY]).marks.proves(renewed, ''), false);
});

test('what is changed, of another key, for another node or of another time proves nothing, and one line says why', () => {
  const mark = create('a', [KEY]).marks.markFor('b');
  const [name, window = '', proof = ''] = mark.split(';');
  const flipped = `${proof[0] === 'A' ? 'B' : 'A'}${proof.slice(1)}`;
  for (const wrong of [
    `docker-2;${window};${proof}`,
    `${name};${Number(window) + 1};${proof}`,
    `${name};${window};${flipped}`,
    create('a', [OTHER_KEY]).marks.markFor('b'),
    create('a', [KEY]).marks.markFor('c'),
  ]) {
    const { marks, lines } = create('b', [KEY]);
    for (let turn = 0; turn < 3; turn += 1) assert.equal(marks.proves(wrong, '10.0.0.1'), false, wrong);
    assert.equal(lines.length, 1);
    assert.match(String(lines[0]?.reason), /another key/);
    assert.ok(!JSON.stringify(lines).includes(KEY));
  }
  for (const malformed of [
    '',
    ';',
    `${mark};`,
    `${mark}=`,
    `;${window};${proof}`,
    `${name};${window};${proof.slice(1)}`,
  ]) {
    const { marks, lines } = create('b', [KEY]);
    assert.equal(marks.proves(malformed, '10.0.0.1'), false, malformed);
    assert.equal(lines.length, 0);
  }
});

test('a mark that somebody read on the wire counts for two windows at most', () => {
  const receiver = create('b', [KEY], { ms: 1_800_000_000_000 });
  const mark = create('a', [KEY], { ms: 1_800_000_000_000 }).marks.markFor('b');
  receiver.at.ms += 2 * WINDOW_MS - 1;
  assert.equal(receiver.marks.proves(mark, '10.0.0.1'), true);
  receiver.at.ms += 1;
  assert.equal(receiver.marks.proves(mark, '10.0.0.1'), false);
  assert.match(String(receiver.lines[0]?.reason), /clocks/);
});

test('the longest name fits into the header of version 2', () => {
  const { log } = createRecordingLog();
  const clock = { now: () => 0, wallTime: () => 1_800_000_000_000, setTimer: () => ({ cancel() {} }) };
  const marks = new BleedMarks({ node: 'n'.repeat(253), nodeId: 'a', keys: [KEY], clock, log });
  const mark = marks.markFor('b');
  const ends = { source: { address: '10.0.0.1', port: 1 }, destination: { address: '10.0.0.2', port: 2 } };
  const bytes = encodeV2(ends, { extras: { bledBy: mark } });
  const decoded = decodeHeader(bytes, 0, bytes.length);
  assert.equal(decoded.state === 'complete' && decoded.header.extras.bledBy, mark, `TLV ${TLV.BLEED_MARK}`);
});
