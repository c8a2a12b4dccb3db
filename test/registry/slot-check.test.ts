/** Every leak between apps and slots has a name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlotBook, StoredApps } from '../../src/registry/registry.js';
import { findLeaks } from '../../src/registry/slot-check.js';
import { bookFromEntries } from '../../src/registry/slot-records.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { smallApp } from './put-options.js';

function storedOf(apps: Readonly<Record<string, number | null>>, refused: readonly string[] = []): StoredApps {
  const stored = Object.entries(apps).map(([name, slot]) => ({
    ...smallApp(name, slot === null ? '' : `slot: ${slot}\n`),
    version: '1',
  }));
  return { apps: stored, refused, problems: [] };
}

function bookOf(slots: Readonly<Record<number, string>>): SlotBook {
  const records = Object.entries(slots).map(([port, app]) => ({ port: Number(port), app }));
  return { slots: records, freed: [], problems: [] };
}

function leaks(stored: StoredApps, book: SlotBook): (readonly [string, number | null, string | null])[] {
  return findLeaks(stored, book, DEFAULT_SLOT_RULES).map(({ kind, port, app }) => [kind, port, app]);
}

test('apps that have their slots are no leak', () => {
  assert.deepEqual(leaks(storedOf({ shop: 20_000, till: 20_002 }), bookOf({ 20000: 'shop', 20002: 'till' })), []);
});

test('a slot without an app, unless what can not be read may have it', () => {
  assert.deepEqual(leaks(storedOf({}), bookOf({ 20000: 'shop' })), [['slot-without-app', 20_000, 'shop']]);
  assert.deepEqual(leaks(storedOf({}, ['shop']), bookOf({ 20000: 'shop' })), []);
});

test('an app without a slot, or with one that nobody has recorded', () => {
  assert.deepEqual(leaks(storedOf({ shop: null }), bookOf({})), [['app-without-slot', null, 'shop']]);
  assert.deepEqual(leaks(storedOf({ shop: 20_000 }), bookOf({})), [['app-without-record', 20_000, 'shop']]);
});

test('a slot of another, and one too many', () => {
  assert.deepEqual(
    leaks(storedOf({ shop: 20_000, till: 20_002 }), bookOf({ 20000: 'till', 20002: 'till' })),
    [
      ['two-slots', 20_000, 'till'],
      ['slot-of-another', 20_000, 'shop'],
    ].sort(([, , a], [, , b]) => (String(a) < String(b) ? -1 : 1)),
  );
});

test('two apps on one slot', () => {
  assert.deepEqual(leaks(storedOf({ shop: 20_000, till: 20_000 }), bookOf({ 20000: 'shop' })), [
    ['slot-of-another', 20_000, 'till'],
    ['same-slot', 20_000, 'till'],
  ]);
});

test('a health port on the slot of another', () => {
  assert.deepEqual(leaks(storedOf({ shop: 20_001, till: 20_002 }), bookOf({ 20001: 'shop', 20002: 'till' })), [
    ['overlap', 20_001, 'shop'],
  ]);
});

test('reserved ports, and those of the kernel', () => {
  assert.deepEqual(leaks(storedOf({ shop: 1_935, till: 40_000 }), bookOf({ 1935: 'shop', 40000: 'till' })), [
    ['reserved', 1_935, 'shop'],
    ['ephemeral', 40_000, 'till'],
  ]);
});

test('records that say no port or no app', () => {
  const entry = (name: string, text: string): { name: string; place: string; text: string } => ({
    name,
    place: name,
    text,
  });
  const book = bookFromEntries(
    [
      entry('20000', 'shop\n'),
      entry('x', 'shop'),
      entry('65535', 'shop'),
      entry('020', 'a'),
      entry('20002', 'two words'),
    ],
    [entry('20004', 'shop 2026-01-01T12:00:00.000Z\n'), entry('20006', 'shop'), entry('20008', 'shop never')],
  );
  assert.deepEqual(book.slots, [{ port: 20_000, app: 'shop' }]);
  assert.deepEqual(book.freed, [{ port: 20_004, app: 'shop', freedAt: Date.UTC(2026, 0, 1, 12) }]);
  assert.deepEqual(
    book.problems.map(({ file }) => file),
    ['x', '65535', '020', '20002', '20006', '20008'],
  );
  const kinds = findLeaks(storedOf({ shop: 20_000 }), book, DEFAULT_SLOT_RULES).map(({ kind }) => kind);
  assert.deepEqual(
    kinds,
    Array.from({ length: 6 }, () => 'unreadable'),
  );
});
