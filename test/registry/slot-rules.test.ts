/** Which ports may be slots. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlotBook } from '../../src/registry/registry.js';
import { DEFAULT_SLOT_RULES, obstaclesOf, pickSlot, type SlotRules } from '../../src/registry/slot-rules.js';
import { chance, NOON } from './put-options.js';

const EMPTY: SlotBook = { slots: [], freed: [], problems: [] };

function bookOf(ports: readonly number[], freed: readonly number[] = []): SlotBook {
  return {
    slots: ports.map((port) => ({ port, app: `app-${port}` })),
    freed: freed.map((port) => ({ port, app: `old-${port}`, freedAt: NOON })),
    problems: [],
  };
}

function rulesOf(from: number, to: number, changes: Partial<SlotRules> = {}): SlotRules {
  return { ...DEFAULT_SLOT_RULES, range: { from, to }, ...changes };
}

/** Every port that chance could lead to. */
function pickable(book: SlotBook, rules: SlotRules, now = NOON): number[] {
  const found = new Set<number>();
  for (let step = 0; step < 1_000; step += 1) {
    const port = pickSlot(book, rules, now, () => step / 1_000);
    if (port !== null) found.add(port);
  }
  return [...found].sort((a, b) => a - b);
}

test('even ports of the range, each with its health port within it', () => {
  assert.deepEqual(pickable(EMPTY, rulesOf(20_000, 20_007)), [20_000, 20_002, 20_004, 20_006]);
  assert.deepEqual(pickable(EMPTY, rulesOf(20_001, 20_006)), [20_002, 20_004]);
});

test('no port that another slot, even an odd one, needs', () => {
  assert.deepEqual(pickable(bookOf([20_002]), rulesOf(20_000, 20_007)), [20_000, 20_004, 20_006]);
  assert.deepEqual(pickable(bookOf([20_003]), rulesOf(20_000, 20_007)), [20_000, 20_006]);
});

test('no reserved port, as slot or as health port', () => {
  const rules = rulesOf(20_000, 20_007, { reserved: [20_000, 20_003] });
  assert.deepEqual(pickable(EMPTY, rules), [20_004, 20_006]);
  assert.deepEqual(pickable(EMPTY, rulesOf(1_934, 1_939)), [1_934, 1_938]);
  assert.deepEqual(pickable(EMPTY, rulesOf(1_934, 1_939, { reserved: [1_935] })), [1_936, 1_938]);
});

test('no port that a kernel gives to outgoing connections', () => {
  assert.deepEqual(pickable(EMPTY, rulesOf(32_764, 32_775)), [32_764, 32_766]);
  assert.deepEqual(pickable(EMPTY, rulesOf(60_996, 61_003)), [61_000, 61_002]);
  const own = rulesOf(20_000, 20_007, { ephemeral: [{ from: 20_003, to: 20_004 }] });
  assert.deepEqual(pickable(EMPTY, own), [20_000, 20_006]);
});

test('no port in quarantine, until that is over', () => {
  const book = bookOf([], [20_002]);
  assert.deepEqual(pickable(book, rulesOf(20_000, 20_005)), [20_000, 20_004]);
  assert.deepEqual(pickable(book, rulesOf(20_000, 20_005), NOON + 86_400_000), [20_000, 20_002, 20_004]);
});

test('null when nothing is free', () => {
  assert.equal(pickSlot(bookOf([20_000]), rulesOf(20_000, 20_001), NOON, chance(1)), null);
});

test('each port has the same chance', () => {
  const random = chance(3);
  const counts = new Map<number, number>();
  for (let round = 0; round < 4_000; round += 1) {
    const port = pickSlot(EMPTY, rulesOf(20_000, 20_007), NOON, random) ?? assert.fail();
    counts.set(port, (counts.get(port) ?? 0) + 1);
  }
  for (const [port, count] of counts) assert.ok(count > 850 && count < 1_150, `${port}: ${count}`);
});

test('what stands against a port that somebody chose', () => {
  const book = bookOf([20_002], [20_010]);
  const kinds = (port: number, app = 'shop'): string[] =>
    obstaclesOf(port, app, book, DEFAULT_SLOT_RULES, NOON).map(({ kind }) => kind);
  assert.deepEqual(kinds(20_000), []);
  assert.deepEqual(kinds(20_001), ['overlap']);
  assert.deepEqual(kinds(20_002), ['taken']);
  assert.deepEqual(kinds(20_002, 'app-20002'), []);
  assert.deepEqual(kinds(20_003), ['overlap']);
  assert.deepEqual(kinds(20_009), ['quarantine']);
  assert.deepEqual(kinds(20_010), ['quarantine']);
  assert.deepEqual(kinds(20_010, 'old-20010'), []);
  assert.deepEqual(kinds(1_936), ['reserved']);
  assert.deepEqual(kinds(1_935), ['reserved']);
  assert.deepEqual(kinds(50_000), ['ephemeral']);
});
