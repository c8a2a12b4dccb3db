/** A head that comes in pieces is read when its end may be there, and not before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PartialHead } from '../../src/http1/partial-head.js';
import { holds } from '../support/properties.js';

const FAR = 1_000_000;

/** What `append` says of each piece, and the bytes that it has then. */
function appendAll(pieces: readonly string[], maxBytes = FAR) {
  const head = new PartialHead();
  const verdicts = pieces.map((piece) => {
    const bytes = Buffer.from(`..${piece}...`, 'latin1');
    return head.append(bytes, 2, 2 + piece.length, maxBytes);
  });
  return { head, verdicts };
}

test('it is worth reading when an empty line has come, wherever it is cut', () => {
  for (const [pieces, expected] of [
    [['GET / HTTP/1.1\r\n\r\n'], [true]],
    [['GET / HTTP/1.1\r\nA: b\r\n'], [false]],
    [
      ['a\r\n', '\r', '\n'],
      [false, false, true],
    ],
    [
      ['a\r', '\n\r\n'],
      [false, true],
    ],
    [['a\n\n'], [true]],
    [
      ['a\n', '\n'],
      [false, true],
    ],
    [
      ['a\n', 'b\n', '\n'],
      [false, false, true],
    ],
    [['a\r\n\r'], [false]],
    [['a\r\n\rb'], [true]],
    [['a\nb\r\n\r\nbody'], [true]],
    [
      ['', '\n', '', '\n'],
      [false, false, false, true],
    ],
  ] as const) {
    assert.deepEqual(appendAll(pieces).verdicts, expected, JSON.stringify(pieces));
  }
});

test('it is worth reading when it reaches the limit, to be refused', () => {
  assert.deepEqual(appendAll(['abc', 'd', 'e'], 5).verdicts, [false, false, true]);
  assert.deepEqual(appendAll(['abcdefgh'], 5).verdicts, [true]);
});

test('all bytes are given back once, however often the memory grew', () => {
  const pieces = ['a'.repeat(500), 'b'.repeat(700), 'c'.repeat(3_000), 'd'];
  const { head } = appendAll(pieces);
  assert.equal(head.length, 4_201);
  assert.equal(head.take().toString('latin1'), pieces.join(''));
  assert.deepEqual([head.length, head.take().length], [0, 0]);
  head.append(Buffer.from('new'), 0, 3, FAR);
  assert.equal(head.take().toString(), 'new');
  head.append(Buffer.from('gone'), 0, 4, FAR);
  head.clear();
  assert.equal(head.take().length, 0);
});

test('cut anywhere, a head is seen to end as soon as it does, as by one who reads it whole each time', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '\r\n'), maxLength: 30 });
  await holds(
    fc.property(fc.array(text, { maxLength: 6 }), (pieces) => {
      const { head, verdicts } = appendAll(pieces);
      const mayEnd = (whole: string) => /\n(?:\n|\r[\s\S])/.test(whole);
      let isOver = false;
      for (const [index, verdict] of verdicts.entries()) {
        // Once it has said so it is read, and holds nothing any more.
        if (isOver) break;
        isOver = mayEnd(pieces.slice(0, index + 1).join(''));
        assert.equal(verdict, isOver);
      }
      assert.equal(head.take().toString('latin1'), pieces.join(''));
    }),
    2_000,
  );
});
