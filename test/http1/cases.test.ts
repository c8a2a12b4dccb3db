/** Every case of `cases/*.md`, whole and cut at each of its bytes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChunkedDecoder } from '../../src/http1/chunked.js';
import type { HeadLimits } from '../../src/http1/fields.js';
import { type HeadVerdict, RequestHead } from '../../src/http1/request-head.js';
import { ResponseHead } from '../../src/http1/response-head.js';
import { escapeText, type ParserCase, readCases } from './case-file.js';

const CUTS = Number(process.env.FUZZ_CUTS ?? 2_000);

const allCases = readCases();
for (const file of new Set(allCases.map((one) => one.file))) {
  describe(file, () => {
    for (const one of allCases.filter((some) => some.file === file)) {
      test(one.title, () => (one.kind === 'chunked' ? checkBody(one) : checkHead(one)));
    }
  });
}

function limitsOf({ options }: ParserCase): HeadLimits {
  return { maxBytes: Number(options.get('maxBytes') ?? 16_384), maxFields: Number(options.get('maxFields') ?? 100) };
}

/** What a complete head must say when its case is silent about it: the properties that frame a message. */
const DEFAULTS: Readonly<Record<string, string>> = {
  contentLength: '-1',
  isChunked: 'false',
  isKeepAlive: 'true',
  upgrade: '',
};

function checkHead(one: ParserCase): void {
  const limits = limitsOf(one);
  const head = one.kind === 'request' ? new RequestHead() : new ResponseHead();
  const parse = (text: string): HeadVerdict => {
    // Read in the middle of a larger buffer: nothing outside of the span may count.
    const bytes = Buffer.from(`\r\n\r\n${text}\r\n\r\n`, 'latin1');
    const end = bytes.length - 4;
    return head instanceof RequestHead
      ? head.parse(bytes, 4, end, limits, one.options.has('trusted'))
      : head.parse(bytes, 4, end, limits);
  };

  // The same object before and after: nothing of one message may be left in the next one.
  for (const round of ['first', 'second']) {
    assert.equal(parse(one.message), one.verdict, `${round} reading of ${escapeText(one.message)}`);
    if (one.verdict === 'complete') checkProperties(one, head);
  }
  const headBytes = one.verdict === 'complete' ? head.bytes : one.message.length;
  for (let length = 0; length < headBytes; length += 1) {
    const verdict = parse(one.message.slice(0, length));
    if (verdict === 'incomplete') continue;
    assert.equal(verdict, one.verdict, `after ${escapeText(one.message.slice(0, length))}`);
    assert.notEqual(verdict, 'complete', `complete after ${escapeText(one.message.slice(0, length))}`);
  }
}

function checkProperties(one: ParserCase, head: RequestHead | ResponseHead): void {
  const { rest, ...expected } = { ...DEFAULTS, rest: '', ...Object.fromEntries(one.properties) };
  const found = head as unknown as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(name in found, `no head has ${name}`);
    assert.equal(String(found[name]), value, name);
  }
  assert.equal(one.message.slice(head.bytes), rest, 'what belongs to the next message');
}

interface BodyOutcome {
  readonly verdict: string;
  readonly content: string;
  readonly forwarded: string;
  readonly trailers: string;
  readonly consumed: number;
}

function checkBody(one: ParserCase): void {
  const { message } = one;
  const whole = readBody(one, [message], 'next');
  assert.equal(whole.verdict, one.verdict, escapeText(message));
  if (one.verdict === 'complete') {
    assert.equal(whole.content, one.properties.get('content') ?? '');
    const forwarded = one.properties.get('forwarded');
    if (forwarded !== undefined) assert.equal(whole.forwarded, forwarded, 'what goes on');
    assert.equal(whole.trailers, one.properties.get('trailers') ?? '');
    assert.equal(message.slice(whole.consumed), one.properties.get('rest') ?? '', 'what belongs to the next message');
  }
  assert.deepEqual(readBody(one, [message], 'scan'), { ...whole, content: '' }, 'scan reads as next does');
  // At each byte; of the few long ones at every so many, since each cut reads all of it.
  for (let cut = 1; cut < message.length; cut += Math.ceil(message.length / CUTS)) {
    const pieces = [message.slice(0, cut), message.slice(cut)];
    checkSame(whole, readBody(one, pieces, 'next'), `cut at ${cut}`);
    checkSame({ ...whole, content: '' }, readBody(one, pieces, 'scan'), `scanned, cut at ${cut}`);
  }
  checkSame(whole, readBody(one, [...message], 'next'), 'byte by byte');
}

/** An error may be seen later in one piece than in two, but it is the same one, and the same bytes went before it. */
function checkSame(whole: BodyOutcome, cut: BodyOutcome, how: string): void {
  const { consumed, ...rest } = cut;
  const { consumed: wholeConsumed, ...expected } = whole;
  assert.deepEqual(rest, expected, how);
  if (whole.verdict === 'complete') assert.equal(consumed, wholeConsumed, how);
}

function readBody(one: ParserCase, pieces: readonly string[], how: 'next' | 'scan'): BodyOutcome {
  const decoder = new ChunkedDecoder(limitsOf(one));
  let content = '';
  let forwarded = '';
  let consumed = 0;
  for (const piece of pieces) {
    // Read in the middle of a larger buffer: nothing outside of the span may count.
    const bytes = Buffer.from(`0\r\n\r\n${piece}0\r\n\r\n`, 'latin1');
    const end = bytes.length - 5;
    let position = 5;
    while (position < end && !decoder.isDone && decoder.error === null) {
      const before = position;
      position = decoder[how](bytes, position, end);
      assert.ok(position > before || decoder.error !== null, 'it moves on');
      assert.ok(decoder.rawEnd >= before && decoder.rawEnd <= position);
      forwarded += bytes.latin1Slice(before, decoder.rawEnd);
      if (how === 'next') content += bytes.latin1Slice(decoder.contentStart, decoder.contentEnd);
    }
    consumed += position - 5;
    if (decoder.isDone || decoder.error !== null) break;
  }
  const verdict = decoder.error ?? (decoder.isDone ? 'complete' : 'incomplete');
  return { verdict, content, forwarded, trailers: decoder.trailers, consumed };
}
