/** Every leak between apps and slots has a name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlotBook, StoredApps } from '../../src/registry/registry.js';
import { findLeaks } from '../../src/registry/slot-check.js';
import { bookFromEntries, freedFromText, textFromFreed } from '../../src/registry/slot-records.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { smallApp } from './put-options.js';

function storedOf(apps: Readonly<Record<string, number | null>>, refused: readonly string[] = []): StoredApps {
  const stored = Object.entries(apps).map(([name, slot]) => ({
    ...smallApp(name, slot === null ? '' : `slot: ${slot}\n`),
    version: '1',
  }));
  return { apps: stored, refused, unreadable: [], problems: [] };
}

function bookOf(slots: Readonly<Record<number, string>>): SlotBook {
  const records = Object.entries(slots).map(([port, app]) => ({ port: Number(port), app }));
  return { slots: records, freed: [], problems: [] };
}

function leaks(stored: StoredApps, book: SlotBook): (readonly [string, number | null, string | null])[] {
  return findLeaks(stored, book, DEFAULT_SLOT_RULES).map(({ kind, port, app }) => [kind, port, app]);
}

test('apps that have their slots do not count as leaks', () => {
  assert.deepEqual(leaks(storedOf({ shop: 20_000, till: 20_002 }), bookOf({ 20000: 'shop', 20002: 'till' })), []);
});

test('a slot without an app, unless what cannot be read may have it', () => {
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

/** [port, app, message, hint] */
function said(stored: StoredApps, book: SlotBook): (readonly [number | null, string | null, string, string])[] {
  return findLeaks(stored, book, DEFAULT_SLOT_RULES).map(({ port, app, message, hint }) => [port, app, message, hint]);
}

test('each leak says what is wrong and how it ends', () => {
  assert.deepEqual(said(storedOf({}), bookOf({ 20000: 'shop' })), [
    [
      20_000,
      'shop',
      'slot 20000 belongs to shop, which does not exist',
      'write the app with "autoproxy app put", or free the slot: autoproxy slot free 20000',
    ],
  ]);
  assert.deepEqual(said(storedOf({ shop: 20_000, till: null }), bookOf({ 20000: 'till', 20004: 'shop' })), [
    [null, 'till', 'till has no slot', 'give it one: autoproxy app get till | autoproxy app put -'],
    [
      20_000,
      'shop',
      'shop uses slot 20000, which belongs to till',
      'give shop another slot, or none, with "autoproxy app put --move-slot"',
    ],
    [20_000, 'till', 'slot 20000 is recorded for till, which uses none', 'free the slot: autoproxy slot free 20000'],
    [20_004, 'shop', 'slot 20004 is recorded for shop, which uses 20000', 'free the slot: autoproxy slot free 20004'],
  ]);
  assert.deepEqual(said(storedOf({ shop: 20_000, till: 20_000 }), bookOf({ 20000: 'shop' })).slice(1), [
    [
      20_000,
      'till',
      'till and shop both use slot 20000',
      'give till another slot, or none, with "autoproxy app put --move-slot"',
    ],
  ]);
  assert.deepEqual(said(storedOf({ shop: 20_000 }), bookOf({})), [
    [20_000, 'shop', 'shop uses slot 20000, which has no record', 'record it: autoproxy slot alloc shop'],
  ]);
  assert.deepEqual(said(storedOf({ shop: 1_935, till: 40_000 }), bookOf({ 1935: 'shop', 40000: 'till' })), [
    [1_935, 'shop', 'slot 1935 of shop has its health port on a reserved port', 'give shop another slot'],
    [
      40_000,
      'till',
      'slot 40000 of till is a port that kernels give to outgoing connections',
      'give till another slot',
    ],
  ]);
});

test("slots side by side are in each other's way, used or recorded", () => {
  const overlap = [
    20_001,
    'shop',
    'slot 20001 of shop has its health port on slot 20002 of till',
    'give one of them another slot with "autoproxy app put --move-slot"',
  ];
  const overlaps = (stored: StoredApps, book: SlotBook) =>
    said(stored, book).filter(([, , text]) => text.includes('health'));
  assert.deepEqual(overlaps(storedOf({ shop: 20_001, till: 20_002 }), bookOf({})), [overlap]);
  assert.deepEqual(overlaps(storedOf({}), bookOf({ 20001: 'shop', 20002: 'till' })), [overlap]);
  assert.deepEqual(overlaps(storedOf({ till: 20_002 }), bookOf({ 20001: 'shop' })), [overlap]);
  // An app without a slot stands beside nobody, and ports two apart are free of each other.
  assert.deepEqual(overlaps(storedOf({ shop: null, till: 1 }), bookOf({ 20000: 'a', 20002: 'b' })), []);
});

test('leaks come by port, then by app, and those of no port first', () => {
  const stored = storedOf({ zoo: 20_002, bank: null, shop: 20_002, api: null });
  assert.deepEqual(
    leaks(stored, bookOf({ 20006: 'gone', 20004: 'lost' })).map(([, port, app]) => [port, app]),
    [
      [null, 'api'],
      [null, 'bank'],
      [20_002, 'shop'],
      [20_002, 'shop'],
      [20_002, 'zoo'],
      [20_004, 'lost'],
      [20_006, 'gone'],
    ],
  );
});

test('what cannot be read among the records is named, with its place', () => {
  const entry = (name: string, text: string) => ({ name, place: `slots/${name}`, text });
  const ok = 'shop 2026-01-01T12:00:00.000Z';
  const book = bookFromEntries(
    [entry('65534', ' shop '), entry('65535', 'shop'), entry('0', 'shop'), entry('1', 'Shop'), entry('123456', 'shop')],
    [
      entry('20000', `${ok} more`),
      entry('20002', '-x 2026-01-01T12:00:00.000Z'),
      entry('20010', ok),
      entry('20004', ok),
    ],
  );
  assert.deepEqual(book.slots, [{ port: 65_534, app: 'shop' }]);
  assert.deepEqual(
    book.freed.map(({ port }) => port),
    [20_004, 20_010],
  );
  const wrongName = 'its name is not a slot from 1 to 65534';
  const wrongText = 'its text is not a valid record of a slot';
  assert.deepEqual(
    book.problems,
    [
      ['65535', wrongName],
      ['0', wrongName],
      ['1', wrongText],
      ['123456', wrongName],
      ['20000', wrongText],
      ['20002', wrongText],
    ].map(([name, message]) => ({
      severity: 'error',
      app: null,
      file: `slots/${name}`,
      line: null,
      col: null,
      message,
      hint: 'remove it',
    })),
  );
  assert.deepEqual(said(storedOf({}), { ...bookOf({}), problems: book.problems.slice(0, 1) }), [
    [null, null, `slots/65535: ${wrongName}`, 'remove it'],
  ]);
});

test('what is written of a freed slot reads back', () => {
  const freed = { port: 20_000, app: 'shop', freedAt: Date.UTC(2026, 0, 1, 12) };
  assert.equal(textFromFreed(freed), 'shop 2026-01-01T12:00:00.000Z\n');
  assert.deepEqual(freedFromText(20_000, textFromFreed(freed)), freed);
});

test('a record that cannot be read is named as it was found, with what to do', () => {
  const problem = {
    severity: 'error',
    app: null,
    file: 'slots/x',
    line: null,
    col: null,
    message: 'it is odd',
  } as const;
  const problems = [
    { ...problem, hint: null },
    { ...problem, hint: 'mend it' },
  ];
  assert.deepEqual(
    findLeaks(storedOf({}), { slots: [], freed: [], problems }, DEFAULT_SLOT_RULES),
    ['remove it', 'mend it'].map((hint) => ({
      ...{ kind: 'unreadable', port: null, app: null },
      ...{ message: 'slots/x: it is odd', hint },
    })),
  );
});
