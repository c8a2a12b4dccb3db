import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OptionTable } from '../../src/config/option.js';
import { OPTIONS } from '../../src/config/options.js';
import { RefusedText } from '../../src/config/text-readers.js';

const TABLE: OptionTable = OPTIONS;

test('names and variables are each used once, and the variable follows from the name', () => {
  const names = Object.values(TABLE).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const variables = Object.values(TABLE).flatMap(({ environment }) => environment);
  assert.equal(new Set(variables).size, variables.length);
  for (const { name, environment } of Object.values(TABLE)) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.equal(environment[0], `AUTOPROXY_${name.toUpperCase().replaceAll('-', '_')}`);
  }
});

test('every default is a text that its own reader accepts', () => {
  for (const { name, read, fallback } of Object.values(TABLE)) {
    const text = fallback({ hostname: 'alpha-1', parallelism: 64, isTerminal: false });
    if (text !== null) assert.ok(!(read(text, '/') instanceof RefusedText), name);
  }
});

test('every option has a placeholder and one line of help', () => {
  for (const { name, placeholder, help } of Object.values(TABLE)) {
    assert.match(placeholder, /^[A-Z%:,]+$/, name);
    assert.match(help, /^[^A-Z\n][^\n]+[^.\n]$/, name);
  }
});

test('a host with very many cores starts as many workers as are allowed, one with none starts one', () => {
  assert.equal(OPTIONS.workers.fallback({ hostname: 'a', parallelism: 1_000, isTerminal: false }), '256');
  assert.equal(OPTIONS.workers.fallback({ hostname: 'a', parallelism: 0, isTerminal: false }), '1');
});
