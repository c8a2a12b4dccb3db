/** What is no header, and what its sender probably meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeader, refuseSecondHeader } from '../../src/proxy-protocol/decode.js';
import { encodeV1, encodeV2 } from '../../src/proxy-protocol/encode.js';
import { V1_START, V2_SIGNATURE } from '../../src/proxy-protocol/header.js';
import { assertIncomplete, assertRefused } from './cuts.js';

const CAUSES: readonly (readonly [string, RegExp | null])[] = [
  ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /TLS/],
  ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', /plain HTTP/],
  ['POST / HTTP/1.1\r\n', /plain HTTP/],
  ['PRI * HTTP/2.0\r\n', /plain HTTP/],
  ['SSH-2.0-OpenSSH_9.2\r\n', /SSH/],
  ['proxy tcp4 1.1.1.1 2.2.2.2 1 2\r\n', /capitals/],
  ['PROXY\tTCP4 1.1.1.1 2.2.2.2 1 2\r\n', /one space/],
  ['\x00\x01\x02', null],
  ['\r\n\r\nGET / HTTP/1.1\r\n', null],
  [' PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n', null],
];

test('a connection that begins with something else', () => {
  for (const [text, cause] of CAUSES) {
    const bytes = Buffer.from(text, 'latin1');
    assertRefused(bytes, 'NOT_A_HEADER', text);
    const decoded = decodeHeader(bytes, 0, bytes.length);
    const found = decoded.state === 'refused' ? decoded.likelyCause : undefined;
    if (cause === null) assert.equal(found, null, text);
    else assert.match(found ?? '', cause, text);
  }
});

test('nothing yet, and the beginnings of both versions', () => {
  assertIncomplete(Buffer.alloc(0), 'nothing');
  assertIncomplete(Buffer.from('PROXY'), 'version 1');
  assertIncomplete(Buffer.from('\r\n\r\n\0\r\nQUIT'), 'version 2');
});

test('a second header behind the first one', () => {
  const ends = { source: { address: '192.0.2.1', port: 1 }, destination: { address: '192.0.2.2', port: 2 } };
  for (const second of [encodeV1(ends), encodeV2(ends), encodeV2(null)]) {
    const whole = refuseSecondHeader(second, 0, second.length);
    assert.ok(whole?.state === 'refused' && whole.problem === 'HEADER_TWICE');
    const signature = second.toString('latin1').startsWith('PROXY ') ? V1_START : V2_SIGNATURE;
    for (let length = 0; length < second.length; length += 1) {
      const expected = length < signature.length ? 'incomplete' : 'refused';
      assert.equal(refuseSecondHeader(second, 0, length)?.state, expected, `after ${length} bytes`);
    }
  }
  for (const other of ['GET / HTTP/1.1\r\n', 'PROPFIND / HTTP/1.1\r\n', '\r\nGET / HTTP/1.1\r\n', '\x16\x03\x01']) {
    const bytes = Buffer.from(other, 'latin1');
    assert.equal(refuseSecondHeader(bytes, 0, bytes.length), null, other);
  }
});
