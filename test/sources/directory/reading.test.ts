import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../../src/model/problem.js';
import {
  CUT_TEXT_SETTLE_MS,
  directoryReadingFrom,
  type FileRecord,
  type FileVerdict,
  LOST_APP_SETTLE_MS,
  recordFromContent,
} from '../../../src/sources/directory/reading.js';
import { appText } from '../../support/node/services-directory.js';

const OLD_MS = 60_000;
const NONE: ReadonlyMap<string, string> = new Map();

function verdict(text: string, previous: FileRecord | null, ageMs = OLD_MS, file = '/s/a.yml'): FileVerdict {
  return recordFromContent(file, 'directory', { kind: 'text', text, ageMs }, previous);
}

function record(text: string, previous: FileRecord | null = null, ageMs = OLD_MS, file = '/s/a.yml'): FileRecord {
  const read = verdict(text, previous, ageMs, file);
  assert.equal(read.kind, 'record');
  return (read as { record: FileRecord }).record;
}

function names(of: { readonly apps: FileRecord['apps'] }): string[] {
  return of.apps.map(({ name, slot }) => `${name}:${slot}`);
}

const TWO = `${appText('a', 1)}${appText('b', 3)}`;

test('a broken file keeps what it last said, and the place of the mistake is named', () => {
  const broken = record('a: {', record(TWO));
  assert.deepEqual(names(broken), ['a:1', 'b:3']);
  assert.match(
    formatProblem(broken.problems[0] as never),
    /^\/s\/a\.yml:1:5: error: .*last good version \(2 apps\) stays/,
  );
});

test('an app that becomes wrong keeps its last good version, its neighbors take their new one', () => {
  const next = record(`${appText('a', 5)}b: {protocol: nonsense}\n`, record(TWO));
  assert.deepEqual(names(next), ['a:5', 'b:3']);
  const again = record(`${appText('a', 7)}b: {protocol: nonsense}\n`, next);
  assert.deepEqual(names(again), ['a:7', 'b:3']);
  assert.deepEqual(names(record(appText('a', 7), again)), ['a:7']);
});

test('a weight or a state that cannot be read stays as it last was, or as it is by default, and the app changes else', () => {
  const file = (slot: number, words: string): string =>
    `a: {protocol: http, slot: ${slot}, instances: [{address: 127.0.0.1:1, ${words}}, 127.0.0.1:2]}\n`;
  const words = ({ apps }: FileRecord) => apps[0]?.instances.map(({ weight, state }) => `${weight} ${state}`);
  const good = record(file(1, 'weight: 7, state: drain'));
  const bad = record(file(3, 'weight: 50%, state: drian'), good);
  assert.deepEqual([names(bad), words(bad)], [['a:3'], ['7 drain', '100 ready']]);
  assert.deepEqual(
    bad.problems.map(({ severity, message }) => `${severity}: ${message}`),
    [
      'warning: a.instances[0]: the weight "50%" is invalid; 7, the last good one, applies',
      'warning: a.instances[0]: the state "drian" is invalid; drain, the last good one, applies',
    ],
  );
  assert.deepEqual(words(record(file(3, 'weight: "", state: ready'), bad)), ['7 ready', '100 ready']);
  assert.deepEqual(words(record(file(1, 'weight: 50%, state: drian'))), ['100 ready', '100 ready']);
});

test('an emptied file keeps its apps, a file that says {} has none', () => {
  const emptied = record('', record(TWO));
  assert.deepEqual(names(emptied), ['a:1', 'b:3']);
  assert.equal(emptied.problems[0]?.severity, 'warning');
  assert.deepEqual(names(record('{}\n', emptied)), []);
});

test('a file that cannot be read keeps its apps', () => {
  const refused = recordFromContent(
    '/s/a.yml',
    'directory',
    { kind: 'refused', message: 'gone', hint: 'look' },
    record(TWO),
  );
  assert.equal(refused.kind, 'record');
  assert.deepEqual(names((refused as { record: FileRecord }).record), ['a:1', 'b:3']);
});

test('a file that has just lost an app is looked at again before it is believed', () => {
  const two = record(TWO);
  assert.deepEqual(verdict(appText('a', 1), two, 50), { kind: 'unsettled', waitMs: LOST_APP_SETTLE_MS - 50 });
  assert.deepEqual(names(record(appText('a', 1), two, LOST_APP_SETTLE_MS)), ['a:1']);
});

test('a text that looks cut off is looked at again before it is believed', () => {
  const whole = record(appText('a', 21034, ['127.0.0.1:1', '127.0.0.1:2']));
  const cut = appText('a', 21034, ['127.0.0.1:1']);
  assert.deepEqual(verdict(cut, whole, 0), { kind: 'unsettled', waitMs: CUT_TEXT_SETTLE_MS });
  // The first digits of a slot are a slot too.
  const digits = 'a:\n  protocol: http\n  internal: true\n  translated_port: 2103';
  assert.deepEqual(verdict(digits, whole, 0), { kind: 'unsettled', waitMs: CUT_TEXT_SETTLE_MS });
  assert.deepEqual(verdict('a:\n  protocol: "', whole, 0), { kind: 'unsettled', waitMs: CUT_TEXT_SETTLE_MS });
  assert.deepEqual(verdict('', whole, 0), { kind: 'unsettled', waitMs: CUT_TEXT_SETTLE_MS });
});

test('every prefix of a file that is being written leaves every app as it was', () => {
  const before = record(TWO);
  const after = `${appText('a', 11, ['127.0.0.1:1'])}${appText('b', 13, ['127.0.0.1:2'])}`;
  for (let length = 0; length < after.length; length += 1) {
    const read = verdict(after.slice(0, length), before, 0);
    // A whole app may be taken at once; none may be lost, and none may get another slot than it has or will have.
    if (read.kind === 'unsettled') continue;
    for (const name of names(read.record)) assert.ok(['a:1', 'b:3', 'a:11', 'b:13'].includes(name), name);
    assert.equal(read.record.apps.length, 2);
  }
});

test('a time of writing in the future causes no wait', () => {
  assert.equal(verdict(appText('a', 1), record(TWO), -3_600_000).kind, 'record');
});

test('of two files that define one app, the one in force keeps it and both are named', () => {
  const first = record(appText('x', 1), null, OLD_MS, '/s/b.yml');
  const { owners } = directoryReadingFrom([first], NONE);
  const second = record(appText('x', 5), null, OLD_MS, '/s/a.yml');
  const both = directoryReadingFrom([second, first], owners);
  assert.deepEqual(names(both.reading), ['x:1']);
  const said = both.reading.problems.map(formatProblem);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /^\/s\/a\.yml:1:1: error: x: \/s\/b\.yml:1 defines this app already/);
  // The file that had it goes: the other one takes over.
  assert.deepEqual(names(directoryReadingFrom([second], both.owners).reading), ['x:5']);
});

test('at the first read the alphabetically first file wins in any order of reading', () => {
  const a = record(appText('x', 5), null, OLD_MS, '/s/a.yml');
  const b = record(appText('x', 1), null, OLD_MS, '/s/b.yml');
  assert.deepEqual(names(directoryReadingFrom([a, b], NONE).reading), ['x:5']);
  assert.deepEqual(names(directoryReadingFrom([b, a], NONE).reading), ['x:5']);
});
