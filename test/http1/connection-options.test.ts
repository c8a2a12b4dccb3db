/** The options of Connection fields, and what they may not take away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionOptions } from '../../src/http1/connection-options.js';

type Said = [close: boolean, keepAlive: boolean, upgrade: boolean, named: string[] | null];

function said(options: ConnectionOptions): Said {
  return [options.close, options.keepAlive, options.upgrade, options.named === null ? null : [...options.named]];
}

function read(...values: readonly string[]): Said {
  const options = new ConnectionOptions();
  for (const value of values) options.add(value);
  return said(options);
}

test('options are read in any case, from lists and from several fields', () => {
  const rows: readonly [values: string[], Said][] = [
    [[], [false, false, false, null]],
    [[''], [false, false, false, null]],
    [['close'], [true, false, false, null]],
    [['CLOSE'], [true, false, false, null]],
    [['keep-alive'], [false, true, false, null]],
    [['Keep-Alive'], [false, true, false, null]],
    [['KEEP-ALIVE'], [false, true, false, null]],
    [['Upgrade'], [false, false, true, null]],
    [['keep-alive, Upgrade'], [false, true, true, null]],
    [
      ['keep-alive', 'close'],
      [true, true, false, null],
    ],
    [[' \tclose\t ,,'], [true, false, false, null]],
    [
      ['X-One, x-TWO', "!#$%&'*+-.^_`|~09az"],
      [false, false, false, ['x-one', 'x-two', "!#$%&'*+-.^_`|~09az"]],
    ],
  ];
  for (const [values, expected] of rows) assert.deepEqual(read(...values), expected, values.join(' + '));
});

test('text that is not an option says nothing, unless somebody could read close in it', () => {
  for (const value of ['timeout=5', 'a b', '"x"', 'keep-alive;x', 'upgrade;x', '\xa0keep-alive']) {
    assert.deepEqual(read(value), [false, false, false, null], value);
  }
  for (const value of ['close;x', '"close"', 'a close', '\xa0close', 'x=CLOSE']) {
    assert.deepEqual(read(value), [true, false, false, null], value);
  }
  assert.deepEqual(read('closed'), [false, false, false, ['closed']]);
});

test('no field that frames or routes a message, or that the node adds, can be named away', () => {
  const kept = [
    ...['Host', 'Content-Length', 'Transfer-Encoding', 'Content-Type', 'Content-Encoding', 'Authorization'],
    ...['Cookie', 'Set-Cookie', 'Cache-Control', 'X-Forwarded-For', 'X-Forwarded-Port', 'X-Forwarded-Proto'],
  ];
  for (const name of kept) assert.deepEqual(read(`${name}, x-other`), [false, false, false, ['x-other']], name);
});

test('nothing is left for the next message', () => {
  const options = new ConnectionOptions();
  options.add('close, keep-alive, upgrade, x');
  assert.deepEqual(said(options), [true, true, true, ['x']]);
  options.reset();
  assert.deepEqual(said(options), [false, false, false, null]);
});
