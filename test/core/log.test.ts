/** The log in both formats: ISO times, names of levels, and nothing that a text of others can forge or break. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLog, type Log } from '../../src/core/log.js';
import type { LogFormat } from '../../src/core/log-levels.js';

const HEAD = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;

function logged(format: LogFormat, say: (log: Log) => void): string {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  say(createLog({ level: 'trace', format, name: 'worker 2', destination }));
  return lines.join('');
}

/** One line without its time and its end. */
function saidAs(say: (log: Log) => void): string {
  const text = logged('text', say);
  assert.match(text, HEAD);
  assert.equal(text.indexOf('\n'), text.length - 1, text);
  return text.replace(HEAD, '').trimEnd();
}

test('json has the name of the level, an ISO time, the name and the process', () => {
  const { time, ...rest } = JSON.parse(logged('json', (log) => log.warn({ port: 80 }, 'slow')));
  assert.deepEqual(rest, { level: 'warn', name: 'worker 2', pid: process.pid, port: 80, msg: 'slow' });
  assert.equal(new Date(time).toISOString(), time);
});

test('text is one line: time, level, name, message, and fields as key=value', () => {
  assert.equal(
    saidAs((log) => log.info({ bind: '::', slots: { shop: 21_034 }, since: null, names: ['a b'], tries: 3 }, 'ready')),
    'info  worker 2: ready bind=:: slots={"shop":21034} since=null names=["a b"] tries=3',
  );
  assert.equal(
    saidAs((log) => log.error('no')),
    'error worker 2: no',
  );
  assert.equal(
    saidAs((log) => log.warn({ reason: 'it is gone', empty: '', sum: 'a=1', said: '"x"' })),
    'warn  worker 2: reason="it is gone" empty="" sum="a=1" said="\\"x\\""',
  );
});

test('no text of others breaks a line, moves a cursor or turns the reading order', () => {
  const hostile = 'a\r\nb\x1b[2K\x7f\x9b\u2028\u202e\u200b\ud800\u{e0001}';
  const shown = 'a\\u000d\\u000ab\\u001b[2K\\u007f\\u009b\\u2028\\u202e\\u200b\\ud800\\u{e0001}';
  const line = saidAs((log) => log.info({ field: hostile, [hostile]: { [hostile]: 1 } }, hostile));
  assert.ok(line.startsWith(`info  worker 2: ${shown} field="`), line);
  const any = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(any, any, any, (message, name, value) => {
      const text = logged('text', (log) => log.info({ [`x${name}`]: value, list: [value] }, message));
      assert.doesNotMatch(text.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    }),
  );
});

test('an error has its message and fields on the line, its stack indented below', () => {
  const error = Object.assign(new TypeError('no\n2026-01-01T00:00:00.000Z error primary: \x1b[31mforged'), {
    code: 'E1',
  });
  const [line = '', ...stack] = logged('text', (log) => log.error({ err: error }, 'failed'))
    .trimEnd()
    .split('\n');
  assert.match(line, / error worker 2: failed err="no\\n2026.*\\u001b\[31mforged" err\.code=E1$/);
  assert.ok(stack.length > 2);
  assert.equal(stack[0], '    TypeError: no');
  for (const part of stack) assert.match(part, /^ {4}[^\p{Cc}]+$/u);
  assert.ok(stack.some((part) => /^ {4}at .*log\.test/.test(part)));
});
