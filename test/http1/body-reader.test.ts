/** One reader for all bodies of a connection: each ends where its framing says, and none knows of the one before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyReader } from '../../src/http1/body-reader.js';
import { BODY } from '../../src/http1/framing.js';

const LIMITS = { maxBytes: 40, maxFields: 2 };
/** What extensions may have beyond the content that came so far. */
const EXTENSION_BYTES = 16_384;

/** [position, rawEnd, isWhole, error] behind the bytes of `text`, which stand at 2. */
function readOf(body: BodyReader, text: string): readonly unknown[] {
  const bytes = Buffer.from(`##${text}##`, 'latin1');
  body.read(bytes, 2, 2 + text.length);
  return [body.position - 2, body.rawEnd - 2, body.isWhole, body.error];
}

function begun(kind: (typeof BODY)[keyof typeof BODY], length = -1): BodyReader {
  const body = new BodyReader();
  body.begin(kind, length, LIMITS);
  return body;
}

test('without a body nothing belongs to it, and it is whole', () => {
  const body = begun(BODY.NONE);
  assert.equal(body.isWhole, true);
  assert.deepEqual(readOf(body, 'abc'), [0, 0, true, null]);
});

test('a length is counted over all pieces, and what follows belongs to the next message', () => {
  const body = begun(BODY.LENGTH, 5);
  assert.equal(body.isWhole, false);
  assert.deepEqual(readOf(body, 'ab'), [2, 2, false, null]);
  assert.deepEqual(readOf(body, ''), [0, 0, false, null]);
  assert.deepEqual(readOf(body, 'cd'), [2, 2, false, null]);
  assert.deepEqual(readOf(body, 'ef'), [1, 1, true, null]);
  assert.deepEqual(readOf(body, 'gh'), [0, 0, true, null]);
  body.begin(BODY.LENGTH, 2, LIMITS);
  assert.equal(body.isWhole, false);
  assert.deepEqual(readOf(body, 'ij'), [2, 2, true, null]);
});

test('until the connection closes all belongs to it, and it is never whole', () => {
  const body = begun(BODY.UNTIL_CLOSE);
  assert.deepEqual(readOf(body, 'abc'), [3, 3, false, null]);
  assert.deepEqual(readOf(body, 'abc'), [3, 3, false, null]);
});

test('chunks: trailers are held back and given whole', () => {
  const body = begun(BODY.CHUNKED);
  assert.deepEqual(readOf(body, '3\r\nabc\r\n0\r\nA: b'), [15, 11, false, null]);
  assert.equal(body.trailers, '');
  assert.deepEqual(readOf(body, '\r\n\r\nGET'), [4, 0, true, null]);
  assert.equal(body.trailers, 'A: b\r\n\r\n');
  assert.deepEqual(readOf(body, 'GET'), [0, 0, true, null]);
});

/** What a chunked body may leave in the reader, each at another of its steps. */
const BEFORE: Readonly<Record<string, string>> = {
  'was whole, with trailers': '1\r\na\r\n0\r\nA: b\r\n\r\n',
  'ended within its trailers': '1\r\na\r\n0\r\nA: b\r\nC',
  'ended within a size': '1',
  'ended within content': 'ff\r\nabc',
  'ended within an extension': `1;${'x'.repeat(EXTENSION_BYTES)}`,
  'ended within a quoted extension': '1;a="b',
  'was broken': 'x',
  'moved what followed an extension': '1;x\r\na\r\n0\r\n\r\n',
};

for (const [what, text] of Object.entries(BEFORE)) {
  test(`a chunked body after one that ${what} is read as by a new reader`, () => {
    const body = begun(BODY.CHUNKED);
    readOf(body, text);
    body.begin(BODY.CHUNKED, -1, LIMITS);
    assert.deepEqual([body.isWhole, body.hasMoved, body.trailers, body.error], [false, false, '', null]);
    assert.deepEqual(readOf(body, '2\r\nab'), [5, 5, false, null]);
    assert.equal(body.hasMoved, false);
    assert.deepEqual(readOf(body, '\r\n0\r\n\r\n'), [7, 5, true, null]);
    assert.equal(body.trailers, '\r\n');
  });
}

test('each body has its own limits of trailers', () => {
  const body = begun(BODY.CHUNKED);
  readOf(body, '0\r\n\r\n');
  const section = `A: ${'b'.repeat(40)}\r\n\r\n`;
  body.begin(BODY.CHUNKED, -1, { maxBytes: section.length, maxFields: 1 });
  assert.deepEqual(readOf(body, `0\r\n${section}`), [3 + section.length, 3, true, null]);
  body.begin(BODY.CHUNKED, -1, { maxBytes: section.length - 1, maxFields: 1 });
  assert.equal(readOf(body, `0\r\n${section}`)[3], 'TRAILER_TOO_LARGE');
  body.begin(BODY.CHUNKED, -1, { maxBytes: section.length - 1, maxFields: 1 });
  readOf(body, `0\r\n${section.slice(0, 10)}`);
  assert.equal(readOf(body, section.slice(10))[3], 'TRAILER_TOO_LARGE');
  body.begin(BODY.CHUNKED, -1, { maxBytes: 10, maxFields: 1 });
  assert.equal(readOf(body, `0\r\n${'x'.repeat(10)}`)[3], null);
  assert.equal(readOf(body, 'x')[3], 'TRAILER_TOO_LARGE');
});

test('extensions of all chunks share one bound, which content raises', () => {
  const extension = (bytes: number): string => `;${'x'.repeat(bytes - 1)}`;
  // The line end behind an extension counts, the one behind a size alone does not.
  const fits = begun(BODY.CHUNKED);
  assert.equal(readOf(fits, `2${extension(EXTENSION_BYTES - 1)}\r\nab\r\n1${extension(1)}\r\nc\r\n0\r\n\r\n`)[2], true);
  const spent = begun(BODY.CHUNKED);
  assert.equal(readOf(spent, `1${extension(EXTENSION_BYTES - 1)}\r\na\r\n1${extension(1)}\r\n`)[3], 'CHUNK_INVALID');
  const tooMuch = begun(BODY.CHUNKED);
  assert.equal(readOf(tooMuch, `1${extension(EXTENSION_BYTES)}\r\n`)[3], 'CHUNK_INVALID');
});

test('what the extensions of one body had, those of the next one have again', () => {
  const body = begun(BODY.CHUNKED);
  const text = `1;${'x'.repeat(EXTENSION_BYTES - 2)}\r\na\r\n0\r\n\r\n`;
  for (let round = 0; round < 2; round += 1) {
    assert.deepEqual(readOf(body, text), [text.length, 9, true, null]);
    assert.equal(body.hasMoved, true);
    body.begin(BODY.CHUNKED, -1, LIMITS);
  }
});

test('content comes span by span for a receiver that knows no chunks', () => {
  const body = begun(BODY.CHUNKED);
  const bytes = Buffer.from('3;x\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\nGET', 'latin1');
  const spans: string[] = [];
  let position = 0;
  while (!body.isWhole) {
    body.readContent(bytes, position, bytes.length);
    spans.push(bytes.toString('latin1', body.contentStart, body.contentEnd));
    position = body.position;
  }
  assert.deepEqual(
    spans.filter((span) => span !== ''),
    ['abc', 'de'],
  );
  assert.equal(bytes.toString('latin1', position), 'GET');
  assert.deepEqual([body.trailers, body.error], ['A: b\r\n\r\n', null]);
  body.begin(BODY.CHUNKED, -1, LIMITS);
  body.readContent(Buffer.from('x'), 0, 1);
  assert.deepEqual([body.error, body.isWhole], ['CHUNK_INVALID', false]);
});

test('of a body without chunks no content is read', () => {
  const body = begun(BODY.LENGTH, 3);
  body.readContent(Buffer.from('abc'), 0, 3);
  assert.deepEqual([body.position, body.contentStart, body.contentEnd, body.isWhole], [0, 0, 0, false]);
});
