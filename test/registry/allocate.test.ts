/** Claims over a store in memory: what a lost race and a full range end in, and in which words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocateSlot, claimSlot } from '../../src/registry/allocate.js';
import { type FreedSlot, RegistryFailure, type SlotBook, type SlotStore } from '../../src/registry/registry.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { NOON } from './put-options.js';

const RULES = { ...DEFAULT_SLOT_RULES, range: { from: 20_000, to: 20_005 } };
const CHANCES = { random: () => 0, wallTime: () => NOON };
const EMPTY: SlotBook = { slots: [], freed: [], problems: [] };

class MemorySlots implements SlotStore {
  readonly owners = new Map<number, string>();
  readonly freed = new Map<number, FreedSlot>();
  readonly claims: number[] = [];

  async list(): Promise<SlotBook> {
    const slots = [...this.owners].map(([port, app]) => ({ port, app }));
    return { slots, freed: [...this.freed.values()], problems: [] };
  }

  async get(port: number): Promise<string | null> {
    return this.owners.get(port) ?? null;
  }

  async claim(port: number, app: string, freedAt: number | null): Promise<boolean> {
    this.claims.push(port);
    if (this.owners.has(port) || (this.freed.get(port)?.freedAt ?? null) !== freedAt) return false;
    this.owners.set(port, app);
    this.freed.delete(port);
    return true;
  }

  async free(port: number, app: string, freedAt: number | null): Promise<boolean> {
    if (this.owners.get(port) !== app) return false;
    this.owners.delete(port);
    if (freedAt !== null) this.freed.set(port, { port, app, freedAt });
    return true;
  }
}

function failsWith(message: string, hint: string) {
  return (error: unknown) => {
    assert.ok(error instanceof RegistryFailure);
    assert.deepEqual([error.message, error.hint], [message, hint]);
    return true;
  };
}

test('a slot is claimed and its quarantine is known, so that it can go back into it', async () => {
  const slots = new MemorySlots();
  const freedAt = NOON - 86_400_000;
  slots.freed.set(20_000, { port: 20_000, app: 'old', freedAt });
  assert.deepEqual(await allocateSlot(slots, 'shop', RULES, CHANCES, await slots.list(), []), {
    port: 20_000,
    freedAt,
  });
  assert.deepEqual(await allocateSlot(slots, 'till', RULES, CHANCES, await slots.list(), []), {
    port: 20_002,
    freedAt: null,
  });
  assert.deepEqual(
    [...slots.owners],
    [
      [20_000, 'shop'],
      [20_002, 'till'],
    ],
  );
});

test('what definitions use is not given, recorded or not', async () => {
  const slots = new MemorySlots();
  const used = [{ port: 20_001, app: 'other' }];
  assert.equal((await allocateSlot(slots, 'shop', RULES, CHANCES, EMPTY, used)).port, 20_004);
});

test('a range without a free slot says so, with its ends', async () => {
  const slots = new MemorySlots();
  const used = [20_000, 20_002, 20_004].map((port) => ({ port, app: `a${port}` }));
  await assert.rejects(
    allocateSlot(slots, 'shop', RULES, CHANCES, EMPTY, used),
    failsWith('no slot is free from 20000 to 20005', 'free some, or widen the range: --slot-range'),
  );
  assert.deepEqual(slots.claims, []);
});

test('a slot whose neighbor came meanwhile goes back, with its quarantine, and the next one is tried', async () => {
  for (const neighbor of [19_999, 20_001]) {
    const slots = new MemorySlots();
    const freedAt = NOON - 86_400_000;
    slots.freed.set(20_000, { port: 20_000, app: 'old', freedAt });
    const known = await slots.list();
    slots.owners.set(neighbor, 'rival');
    const { port } = await allocateSlot(slots, 'shop', RULES, CHANCES, known, []);
    assert.ok(port > 20_001, String(port));
    assert.deepEqual([...slots.owners.keys()].sort(), [neighbor, port]);
    assert.deepEqual(slots.freed.get(20_000), { port: 20_000, app: 'shop', freedAt });
  }
});

test('who loses a hundred races in a row gives up', async () => {
  const slots = new MemorySlots();
  slots.claim = async (port) => {
    slots.claims.push(port);
    return false;
  };
  await assert.rejects(
    allocateSlot(slots, 'shop', RULES, CHANCES, EMPTY, []),
    failsWith('100 slots in a row were taken by others meanwhile', 'try again'),
  );
  assert.equal(slots.claims.length, 100);
});

test('a chosen slot: what stands against it, before and meanwhile', async () => {
  const slots = new MemorySlots();
  const hint = 'leave the slot out to get one';
  slots.owners.set(20_000, 'till');
  const book = await slots.list();
  const chosen = (port: number, known = book, isForced = false) =>
    claimSlot(slots, port, 'shop', RULES, CHANCES, known, isForced);
  await assert.rejects(chosen(20_000), failsWith('shop: slot 20000 belongs to till', hint));
  await assert.rejects(
    chosen(40_000),
    failsWith('shop: slot 40000 is a port that kernels give to outgoing connections', hint),
  );
  assert.deepEqual(slots.claims, []);
  const meanwhile = (port: number) => failsWith(`shop: slot ${port} was taken by another app meanwhile`, hint);
  await assert.rejects(chosen(20_000, EMPTY), meanwhile(20_000));
  await assert.rejects(chosen(20_001, EMPTY), meanwhile(20_001));
  assert.deepEqual([...slots.owners.keys()], [20_000]);
  assert.deepEqual(await chosen(20_002), { port: 20_002, freedAt: null });
});

test('only what kernels take ports from may be forced', async () => {
  const slots = new MemorySlots();
  const force = (port: number, book = EMPTY) => claimSlot(slots, port, 'shop', RULES, CHANCES, book, true);
  assert.equal((await force(40_000)).port, 40_000);
  const hint = 'leave the slot out to get one';
  await assert.rejects(force(1_936), failsWith('shop: slot 1936 is a reserved port', hint));
  const book = { ...EMPTY, slots: [{ port: 50_000, app: 'till' }] };
  await assert.rejects(force(50_000, book), failsWith('shop: slot 50000 belongs to till', hint));
});
