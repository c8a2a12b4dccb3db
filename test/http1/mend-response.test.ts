/** Heads of real servers that break a rule and have one meaning are written anew; those with two meanings are refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INCOMPLETE } from '../../src/http1/fields.js';
import { mendResponseHead } from '../../src/http1/mend-response.js';

/** Mended into `expected`, made of all of `text`, whatever follows. */
function mends(text: string, expected: string): void {
  assert.deepEqual(mendResponseHead(`${text}HTTP/1.1`), { text: expected, bytes: text.length }, JSON.stringify(text));
}

function refuses(text: string): void {
  assert.equal(mendResponseHead(text), null, JSON.stringify(text));
}

const OK = 'HTTP/1.1 200 OK\r\n';

test('lines that all end in LF get CR LF', () => {
  mends('HTTP/1.1 200 OK\n\n', `${OK}\r\n`);
  mends('HTTP/1.0 200 OK\nA: b\nC: d\n\n', 'HTTP/1.0 200 OK\r\nA: b\r\nC: d\r\n\r\n');
});

test('a head that mixes line ends is refused', () => {
  refuses('HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n');
  refuses('HTTP/1.1 200 OK\nA: b\r\nC: d\n\n');
  refuses('HTTP/1.1 200 OK\r\nA: b\n\n');
  refuses(`${OK}A: b\rC: d\r\n\r\n`);
  refuses('HTTP/1.1 200 OK\nA: b\rC\n\n');
  refuses(`${OK}A: b\r\r\n\r\n`);
  // Before its end is seen, too.
  refuses(`${OK}A: b\n`);
});

test('empty lines before the status line are dropped, two of them', () => {
  mends(`\r\n${OK}\r\n`, `${OK}\r\n`);
  mends(`\r\n\r\n${OK}\r\n`, `${OK}\r\n`);
  refuses(`\r\n\r\n\r\n${OK}\r\n`);
  refuses(`\n${OK}\r\n`);
});

test('folds become one line with a space', () => {
  mends(`${OK}A: b\r\n c\r\n\t d\r\nE: f\r\n\r\n`, `${OK}A: b c d\r\nE: f\r\n\r\n`);
  mends(`${OK}A: b\r\n c\r\n\r\n`, `${OK}A: b c\r\n\r\n`);
  refuses(`${OK} a: b\r\n\r\n`);
});

test('blanks before a colon are taken out', () => {
  mends(`${OK}A \t: b : c\r\nD e: f\r\n\r\n`, `${OK}A: b : c\r\nD e: f\r\n\r\n`);
  mends(`${OK}A: b :c\r\n\r\n`, `${OK}A: b :c\r\n\r\n`);
});

test('control bytes in the status line, in values and in folds become spaces', () => {
  const controls = Array.from({ length: 32 }, (_, code) => code).filter((code) => ![0, 9, 10, 13].includes(code));
  for (const code of [...controls, 0x7f]) {
    const bad = String.fromCharCode(code);
    mends(`HTTP/1.1 200 ${bad}\r\nA: b${bad}c\r\n ${bad}d\r\n\r\n`, 'HTTP/1.1 200  \r\nA: b c  d\r\n\r\n');
  }
  for (const left of ['\0', '\t', '~', '\x80', '\xff']) mends(`${OK}A: b${left}c\r\n\r\n`, `${OK}A: b${left}c\r\n\r\n`);
});

test('fields that frame the message are never mended', () => {
  for (const name of ['Content-Length', 'TRANSFER-ENCODING', 'connection', 'Upgrade']) {
    refuses(`${OK}${name} : 1\r\n\r\n`);
    refuses(`${OK}${name}: 1\r\n 2\r\n\r\n`);
    refuses(`${OK}${name}: 1\x01\r\n\r\n`);
    mends(`${OK}${name}: 1\r\nA : b\r\n\r\n`, `${OK}${name}: 1\r\nA: b\r\n\r\n`);
    mends(`${OK}X-${name} : 1\r\n\r\n`, `${OK}X-${name}: 1\r\n\r\n`);
  }
});

test('a head that is not over is incomplete at each byte', () => {
  for (const text of [`\r\n\r\n${OK}A: b\r\n c\r\n\r\n`, 'HTTP/1.1 200 OK\nA: b\n\n']) {
    for (let length = 0; length < text.length; length += 1) {
      assert.equal(mendResponseHead(text.slice(0, length)), INCOMPLETE, JSON.stringify(text.slice(0, length)));
    }
    assert.notEqual(mendResponseHead(text), INCOMPLETE);
  }
});

test('bytes that begin otherwise do not count as a response', () => {
  for (const text of [
    'HTTP/2 200\n\n',
    'HTTX',
    'hello, world',
    'GET / HTTP/1.1\n\n',
    ' HTTP/1.1 200 OK\n\n',
    '\rX',
    '\n',
  ]) {
    refuses(text);
  }
});
