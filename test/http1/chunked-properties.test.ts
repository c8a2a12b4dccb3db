/** The chunked reader against a naive one that has the whole body before it: whatever is sent, and wherever it is cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyReader } from '../../src/http1/body-reader.js';
import { BODY } from '../../src/http1/framing.js';
import { HEAD_DEFAULTS } from '../../src/snapshot/snapshot.js';
import { holds } from '../support/properties.js';

interface Outcome {
  readonly content: string;
  readonly trailers: string;
  /** Bytes that belong to the body; of a body that is broken nobody asks. */
  readonly length: number | null;
  readonly state: 'whole' | 'unfinished' | 'broken';
}

/** RFC 9112 7.1 with one expression a line; none of what is not kept. */
function readNaively(text: string): Outcome {
  let content = '';
  let position = 0;
  for (;;) {
    const line = /^([0-9A-Fa-f]+)([ \t]*(?:;[^\r\n]*)?)\r\n/.exec(text.slice(position));
    if (line === null) return { content, trailers: '', length: null, state: 'unfinished' };
    const size = Number.parseInt(line[1] ?? '', 16);
    position += line[0].length;
    if (size === 0) break;
    content += text.slice(position, position + size);
    if (text.length < position + size + 2) return { content, trailers: '', length: null, state: 'unfinished' };
    position += size + 2;
  }
  const section = /^((?:[^\r\n]+\r\n)*)\r\n/.exec(text.slice(position));
  if (section === null) return { content, trailers: '', length: null, state: 'unfinished' };
  return { content, trailers: section[0], length: position + section[0].length, state: 'whole' };
}

/** The same body up to its trailers, without extensions. */
function plainOf(text: string): string {
  let plain = '';
  for (let position = 0; ; ) {
    const [line = '', digits = ''] = /^([0-9A-Fa-f]+)[^\r]*\r\n/.exec(text.slice(position)) ?? [];
    const size = Number.parseInt(digits, 16);
    plain += `${digits}\r\n`;
    if (size === 0) return plain;
    position += line.length;
    plain += text.slice(position, position + size + 2);
    position += size + 2;
  }
}

/** What may be forwarded, piece by piece, of a body that comes in these pieces. */
function readInPieces(pieces: readonly string[]): Outcome & { readonly forwarded: string } {
  const body = new BodyReader();
  body.begin(BODY.CHUNKED, -1, HEAD_DEFAULTS);
  let forwarded = '';
  let length = 0;
  for (const piece of pieces) {
    // In the middle of a larger buffer, as it comes from a socket.
    const bytes = Buffer.from(`##${piece}##`, 'latin1');
    body.read(bytes, 2, 2 + piece.length);
    forwarded += bytes.latin1Slice(2, body.rawEnd);
    length += body.position - 2;
    assert.equal(bytes.latin1Slice(2 + piece.length), '##', 'what stands behind is not touched');
    if (body.error !== null || body.isWhole) break;
  }
  const { error, isWhole, trailers } = body;
  const state = error !== null ? 'broken' : isWhole ? 'whole' : 'unfinished';
  return {
    content: contentOf(forwarded),
    trailers: isWhole ? trailers : '',
    length: isWhole ? length : null,
    state,
    forwarded,
  };
}

function contentOf(forwarded: string): string {
  return readNaively(forwarded).content;
}

/** The naive content read chunk by chunk from a client's view, for a receiver that knows no chunks. */
function readContent(pieces: readonly string[]): string {
  const body = new BodyReader();
  body.begin(BODY.CHUNKED, -1, HEAD_DEFAULTS);
  let content = '';
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1');
    let position = 0;
    while (position < bytes.length && body.error === null && !body.isWhole) {
      body.readContent(bytes, position, bytes.length);
      content += bytes.latin1Slice(body.contentStart, body.contentEnd);
      position = body.position;
    }
  }
  return content;
}

const byte = fc.nat({ max: 255 }).map((code) => String.fromCharCode(code));
const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 1, maxLength: 12 });
const size = fc.tuple(fc.nat({ max: 3 }), fc.boolean());
const extension = fc.oneof(
  fc.constant(''),
  word.map((name) => `;${name}`),
  fc.tuple(word, word).map(([name, value]) => `;${name}=${value}`),
  fc.tuple(word, word).map(([name, value]) => `; ${name}="${value};\\"x"`),
);
const chunk = fc
  .tuple(fc.string({ unit: byte, minLength: 1, maxLength: 60 }), size, extension)
  .map(([content, [zeros, isUpper], more]) => {
    const digits = content.length.toString(16);
    return `${'0'.repeat(zeros)}${isUpper ? digits.toUpperCase() : digits}${more}\r\n${content}\r\n`;
  });
const trailer = fc.tuple(word, word).map(([name, value]) => `X-${name}: ${value}\r\n`);
const sound = fc
  .tuple(
    fc.array(chunk, { maxLength: 6 }),
    extension,
    fc.array(trailer, { maxLength: 3 }),
    fc.string({ unit: byte, maxLength: 20 }),
  )
  .map(([chunks, last, trailers, behind]) => ({
    body: `${chunks.join('')}0${last}\r\n${trailers.join('')}\r\n`,
    behind,
  }));
/** Lengths of the pieces, over and over. */
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += pieces.at(-1)?.length ?? 1) {
    pieces.push(text.slice(start, start + (lengths[pieces.length % lengths.length] ?? 1)));
  }
  return pieces;
}

test('a sound body: what belongs to it, its content and its trailers, wherever it is cut', () =>
  holds(
    fc.property(sound, cuts, ({ body, behind }, lengths) => {
      const naive = readNaively(body);
      assert.equal(naive.state, 'whole');
      const { forwarded, ...read } = readInPieces(cut(body + behind, lengths));
      assert.deepEqual(read, naive);
      assert.equal(read.length, body.length);
      assert.equal(forwarded, plainOf(body), 'all of it, without extensions');
      assert.equal(readContent(cut(body + behind, lengths)), naive.content);
    }),
    500,
  ));

test('a body that ends too early is not whole, and its content is what came of it', () =>
  holds(
    fc.property(sound, fc.nat(), cuts, ({ body }, place, lengths) => {
      const part = body.slice(0, place % body.length);
      const { state, content } = readInPieces(cut(part, lengths));
      assert.equal(state, 'unfinished');
      assert.ok(readNaively(body).content.startsWith(content));
    }),
    1_000,
  ));

test('a byte that is changed makes another body or none, and the cuts make no difference', () =>
  holds(
    fc.property(sound, fc.nat(), byte, cuts, cuts, ({ body, behind }, place, other, one, another) => {
      const index = place % body.length;
      const text = `${body.slice(0, index)}${other}${body.slice(index + 1)}${behind}`;
      const first = readInPieces(cut(text, one));
      const second = readInPieces(cut(text, another));
      // A trailer section is judged when a line of it ends, so one reader may know earlier than the other.
      if (first.state === 'whole') assert.deepEqual(second, first);
      else assert.notEqual(second.state, 'whole');
      if (first.state === 'whole') {
        const { content, trailers, length } = readNaively(text);
        assert.deepEqual([first.content, first.trailers, first.length], [content, trailers, length]);
      }
    }),
    1_000,
  ));
