/** What a chunked body that is broken, or whole, takes of the bytes behind: nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkedDecoder } from '../../src/http1/chunked.js';
import { HEAD_DEFAULTS } from '../../src/snapshot/snapshot.js';

for (const [what, text, error] of [
  ['broken', 'z\r\n', 'CHUNK_INVALID'],
  ['whole', '0\r\n\r\n', null],
] as const) {
  test(`behind the end of a ${what} body no byte is read or passed on`, () => {
    const decoder = new ChunkedDecoder(HEAD_DEFAULTS);
    const bytes = Buffer.from(`${text}5\r\nhello\r\n`, 'latin1');
    decoder.scan(bytes, 0, bytes.length);
    assert.deepEqual([decoder.error, decoder.isDone], [error, error === null]);
    const position = decoder.next(bytes, text.length, bytes.length);
    assert.deepEqual([position, decoder.rawEnd], [text.length, text.length]);
    assert.equal(decoder.contentEnd - decoder.contentStart, 0);
    assert.deepEqual([decoder.error, decoder.isDone], [error, error === null]);
    assert.equal(decoder.scan(bytes, text.length, bytes.length), text.length);
  });
}
