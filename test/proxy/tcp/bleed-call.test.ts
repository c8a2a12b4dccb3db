/** The answer of a neighbor that is to take a client: where it ends, and what the log says of one that does not take it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLEED_ACCEPTED, BleedCall, REFUSED, UNDECIDED } from '../../../src/proxy/tcp/bleed-call.js';

/** @returns what the last piece says, and the answer */
function read(...pieces: readonly string[]): readonly [number, string] {
  const call = new BleedCall();
  const last = pieces.map((piece) => {
    // Behind it stand bytes of an earlier read.
    return call.read(Buffer.from(`${piece}\r\n\r\n`, 'latin1'), piece.length);
  });
  return [last.at(-1) ?? UNDECIDED, call.answer];
}

const TAKEN = 'HTTP/1.1 101 Switching Protocols';

test('the bytes of the instance begin behind the answer, wherever that is cut', () => {
  const whole = BLEED_ACCEPTED.length;
  assert.deepEqual(read(BLEED_ACCEPTED), [whole, TAKEN]);
  assert.deepEqual(read(`${BLEED_ACCEPTED}\r\n\r\nwelcome`), [whole, TAKEN]);
  for (let cut = 1; cut < whole; cut += 1) {
    const [first, rest] = [BLEED_ACCEPTED.slice(0, cut), BLEED_ACCEPTED.slice(cut)];
    assert.equal(read(first)[0], UNDECIDED, first);
    assert.deepEqual(read(first, `${rest}welcome`), [whole - cut, TAKEN]);
  }
});

test('all else is a refusal, and its first line is told', () => {
  assert.deepEqual(read('HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n'), [
    REFUSED,
    'HTTP/1.1 503 Service Unavailable',
  ]);
  assert.deepEqual(read('HTTP/1.1 1', '01\r\n\r\n'), [REFUSED, 'HTTP/1.1 101']);
  assert.deepEqual(read('\r\n\r\n'), [REFUSED, '']);
  assert.deepEqual(read('SSH-2.0-x\r\n'), [UNDECIDED, 'SSH-2.0-x']);
});

test('an answer without end is a refusal from 4 097 bytes on, and a long line is told in part', () => {
  assert.deepEqual(read('x'.repeat(4_096)), [UNDECIDED, 'x'.repeat(100)]);
  assert.deepEqual(read('x'.repeat(4_096), 'x'), [REFUSED, 'x'.repeat(100)]);
});
