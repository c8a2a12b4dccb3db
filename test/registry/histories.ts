/** What people and programs do to a registry, one after the other or at once: each step with its answer as plain values. */
import fc from 'fast-check';
import type { Chances } from '../../src/registry/allocate.js';
import { putApp, removeApp } from '../../src/registry/put-app.js';
import { freeSlot, recordSlot } from '../../src/registry/record-slot.js';
import {
  type HistoryEntry,
  type Registry,
  RegistryFailure,
  type SlotBook,
  type StoredApps,
} from '../../src/registry/registry.js';
import { findLeaks } from '../../src/registry/slot-check.js';
import type { SlotRules } from '../../src/registry/slot-rules.js';
import { SeededRandom } from '../support/seeded-random.js';
import { NOON, putOptions, smallApp } from './put-options.js';

/** Small, so that apps are in each other's way: seven slots, of which one is reserved and one is in the kernel's hands. */
export const TIGHT_RULES: SlotRules = {
  range: { from: 10_001, to: 10_016 },
  reserved: [10_005],
  ephemeral: [{ from: 10_014, to: 10_014 }],
  quarantineMs: 1_000,
};
const APPS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;

const app = fc.constantFrom(...APPS);
const port = fc.integer({ min: 10_000, max: 10_017 });
const put = fc.record({
  kind: fc.constant('put' as const),
  app,
  slot: fc.option(port, { freq: 2 }),
  image: fc.constantFrom('one', 'two'),
  canMoveSlot: fc.boolean(),
});
const remove = fc.record({ kind: fc.constant('remove' as const), app });
const rename = fc.record({ kind: fc.constant('rename' as const), app, to: app, isRemovedFirst: fc.boolean() });
const alloc = fc.record({ kind: fc.constant('alloc' as const), app, port: fc.option(port, { freq: 2 }) });
const free = fc.record({ kind: fc.constant('free' as const), port });
const wait = fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 400, 999, 1_000) });
/** A writer that was killed between the record and the document. */
const onlyRecord = fc.record({ kind: fc.constant('onlyRecord' as const), app, port });
/** A definition that somebody wrote by hand: nobody has recorded its slot. */
const onlyDefinition = fc.record({ kind: fc.constant('onlyDefinition' as const), app, slot: fc.option(port) });

const command = fc.oneof(
  { weight: 6, arbitrary: put },
  { weight: 3, arbitrary: remove },
  { weight: 1, arbitrary: rename },
  { weight: 2, arbitrary: alloc },
  { weight: 2, arbitrary: free },
);
/** What can be asked of an allocator, and may happen at once with others. */
export type RegistryCommand = typeof command extends fc.Arbitrary<infer One> ? One : never;

const step = fc.oneof(
  { weight: 14, arbitrary: command },
  { weight: 2, arbitrary: wait },
  { weight: 1, arbitrary: onlyRecord },
  { weight: 2, arbitrary: onlyDefinition },
);
export type RegistryStep = typeof step extends fc.Arbitrary<infer One> ? One : never;

export const histories = fc.array(step, { minLength: 1, maxLength: 25 });
/** Each round's commands begin at once. */
export const rounds = fc.array(
  fc.record({
    commands: fc.array(command, { minLength: 1, maxLength: 6 }),
    pauseMs: fc.constantFrom(0, 0, 400, 1_000),
  }),
  { minLength: 1, maxLength: 5 },
);

/** All that stands in a registry, without where it stands. */
export interface Standing {
  readonly apps: readonly { readonly name: string; readonly slot: number | null; readonly image: string | null }[];
  readonly slots: SlotBook['slots'];
  readonly freed: SlotBook['freed'];
  readonly leaks: readonly string[];
}

export async function standingIn(registry: Registry): Promise<Standing> {
  const [stored, book]: [StoredApps, SlotBook] = [await registry.list(), await registry.slots.list()];
  const apps = stored.apps.map(({ definition: { name, slot, image } }) => ({ name, slot, image }));
  const leaks = findLeaks(stored, book, TIGHT_RULES).map(({ message }) => message);
  return {
    apps,
    slots: book.slots,
    freed: book.freed,
    leaks: [...leaks, ...stored.problems.map((one) => one.message)],
  };
}

/** Of each app, also of those that are gone. */
export async function historiesIn(registry: Registry): Promise<readonly HistoryEntry[][]> {
  return Promise.all(APPS.map(async (name) => [...(await registry.history(name))]));
}

export function chancesOf(seed: number, nowMs: number): Chances {
  const random = new SeededRandom(seed);
  return { random: () => random.next(), wallTime: () => nowMs };
}

export const START_MS = NOON;

/** @returns what the command says; a refusal as its message */
export async function run(registry: Registry, one: RegistryCommand, chances: Chances): Promise<unknown> {
  try {
    return await answerOf(registry, one, chances);
  } catch (error) {
    if (error instanceof RegistryFailure) return { refused: error.message };
    throw error;
  }
}

async function answerOf(registry: Registry, one: RegistryCommand, chances: Chances): Promise<unknown> {
  const options = putOptions({ rules: TIGHT_RULES, chances });
  switch (one.kind) {
    case 'put': {
      const slot = one.slot === null ? '' : `slot: ${one.slot}\n`;
      const definition = smallApp(one.app, `image: ${one.image}\n${slot}`);
      return putApp(registry, definition, { ...options, canMoveSlot: one.canMoveSlot });
    }
    case 'remove':
      return (await removeApp(registry, one.app, options))?.definition.slot ?? null;
    case 'rename': {
      const old = await registry.get(one.app);
      if (old === null || one.app === one.to) return 'nothing to rename';
      const { slot, image } = old.definition;
      const renamed = smallApp(one.to, `image: ${image ?? 'none'}\n${slot === null ? '' : `slot: ${slot}\n`}`);
      if (one.isRemovedFirst) await removeApp(registry, one.app, options);
      const outcome = await putApp(registry, renamed, options);
      if (!one.isRemovedFirst) await removeApp(registry, one.app, options);
      return outcome;
    }
    case 'alloc':
      return recordSlot(registry, one.app, one.port, options);
    case 'free':
      return freeSlot(registry, one.port, chances);
  }
}

/** Whether a slot may be the app's: nothing that stands there, recorded or written by hand, is in its way. */
export function mayHave({ apps, slots, freed }: Standing, wanted: number, name: string, nowMs: number): boolean {
  const isNear = (other: number): boolean => Math.abs(other - wanted) <= 1;
  const isInUse =
    slots.some((slot) => isNear(slot.port) && slot.app !== name) ||
    apps.some((other) => other.name !== name && other.slot !== null && isNear(other.slot));
  const isInQuarantine = freed.some(
    (slot) => isNear(slot.port) && slot.app !== name && slot.freedAt + TIGHT_RULES.quarantineMs > nowMs,
  );
  const isReserved = [wanted, wanted + 1].some((one) => TIGHT_RULES.reserved.includes(one));
  return !isInUse && !isInQuarantine && !isReserved;
}
