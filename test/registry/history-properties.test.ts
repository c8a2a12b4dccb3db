/**
 * Any history of puts, removals, renames, allocations and frees, in a directory and in a real Consul: no slot is given
 * twice, one that was given stays, a freed one rests; and both registries give the same answers to the same history.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Registry } from '../../src/registry/registry.js';
import { holds } from '../support/properties.js';
import {
  chancesOf,
  histories,
  historiesIn,
  mayHave,
  type RegistryCommand,
  type RegistryStep,
  rounds,
  run,
  START_MS,
  type Standing,
  standingIn,
  TIGHT_RULES,
} from './histories.js';
import { smallApp } from './put-options.js';
import { REGISTRY_KINDS } from './registries.js';

/** Slots in use, recorded or written into a definition, by app. */
function usesOf({ apps, slots }: Standing): readonly { readonly port: number; readonly app: string }[] {
  const written = apps.flatMap(({ name, slot }) => (slot === null ? [] : [{ port: slot, app: name }]));
  return [...written, ...slots];
}

/** Nobody needs a port that another one needs: each needs its slot and the port after it. */
function assertApart(standing: Standing): void {
  const uses = usesOf(standing);
  for (const one of uses)
    for (const other of uses) {
      if (one.app === other.app) continue;
      assert.ok(Math.abs(one.port - other.port) > 1, `${one.app}: ${one.port}, ${other.app}: ${other.port}`);
    }
}

/** A slot is given once, and rests before another app gets it. */
function assertGivenAsDocumented(before: Standing, after: Standing, nowMs: number): void {
  for (const { port, app } of after.slots) {
    if (before.slots.some((slot) => slot.port === port && slot.app === app)) continue;
    assert.ok(mayHave(before, port, app, nowMs), `${app} was given ${port}: ${JSON.stringify(before)}`);
  }
  for (const { port, app } of before.slots) {
    if (after.slots.some((slot) => slot.port === port)) continue;
    const freed = after.freed.find((slot) => slot.port === port);
    assert.deepEqual(freed, { port, app, freedAt: nowMs }, `${port} of ${app} is free without a quarantine`);
  }
  for (const freed of before.freed) {
    if (after.freed.some(({ port, freedAt }) => port === freed.port && freedAt >= freed.freedAt)) continue;
    assert.ok(
      after.slots.some(({ port }) => port === freed.port),
      `the quarantine of ${freed.port} is gone`,
    );
  }
}

function assertStays(one: RegistryCommand, before: Standing, after: Standing): void {
  for (const { name, slot } of before.apps) {
    const now = after.apps.find((app) => app.name === name);
    const mayMove = one.kind === 'put' && one.app === name && (one.canMoveSlot || slot === null);
    if (now !== undefined && !mayMove) assert.equal(now.slot, slot, `the slot of ${name} changed`);
  }
}

function assertPut(one: RegistryCommand, answer: unknown, before: Standing, after: Standing): void {
  if (one.kind !== 'put') return;
  if (isRefusal(answer)) {
    assert.deepEqual(after, before, 'a put that is refused changes nothing');
    return;
  }
  const slot = after.apps.find(({ name }) => name === one.app)?.slot;
  const recorded = after.slots.filter(({ app }) => app === one.app).map(({ port }) => port);
  assert.deepEqual(recorded, [slot], `${one.app} has one slot, and it is recorded`);
}

function isRefusal(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'refused' in answer;
}

/** @returns what was said; null: it was not asked of anybody */
async function take(registry: Registry, one: RegistryStep, at: number, nowMs: number): Promise<unknown> {
  switch (one.kind) {
    case 'wait':
      return null;
    case 'onlyRecord': {
      const standing = await standingIn(registry);
      const freedAt = standing.freed.find(({ port }) => port === one.port)?.freedAt ?? null;
      return mayHave(standing, one.port, one.app, nowMs) && registry.slots.claim(one.port, one.app, freedAt);
    }
    case 'onlyDefinition': {
      const standing = await standingIn(registry);
      const isThere = standing.apps.some(({ name }) => name === one.app);
      if (isThere || (one.slot !== null && !mayHave(standing, one.slot, one.app, nowMs))) return null;
      const { text } = smallApp(one.app, one.slot === null ? '' : `slot: ${one.slot}\n`);
      return registry.put(one.app, text, null, null);
    }
    default:
      return run(registry, one, chancesOf(at, nowMs));
  }
}

test('one after the other: a directory and Consul give the same answers, and keep what the README says', async (context) => {
  const places = await Promise.all(REGISTRY_KINDS.map((kind) => kind.prepare(context)));
  await holds(
    fc.asyncProperty(histories, async (steps) => {
      for (const place of places) await place.clear();
      const registries = places.map((place) => place.open());
      const [first] = registries;
      assert.ok(first !== undefined);
      let nowMs = START_MS;
      let before = await standingIn(first);
      for (const [at, one] of steps.entries()) {
        if (one.kind === 'wait') nowMs += one.ms;
        const answers = [];
        for (const registry of registries) answers.push(await take(registry, one, at, nowMs));
        const [answer, ...others] = answers;
        for (const other of others) assert.deepEqual(other, answer, `step ${at}: the answers differ`);
        const [after = before, ...afterOthers] = await Promise.all(registries.map(standingIn));
        for (const other of afterOthers) assert.deepEqual(other, after, `step ${at}: what stands there differs`);
        assertApart(after);
        if (one.kind !== 'wait' && one.kind !== 'onlyRecord' && one.kind !== 'onlyDefinition') {
          if (one.kind !== 'rename') assertGivenAsDocumented(before, after, nowMs);
          assertStays(one, before, after);
          assertPut(one, answer, before, after);
        }
        before = after;
      }
      const [history, ...otherHistories] = await Promise.all(registries.map(historiesIn));
      for (const other of otherHistories) assert.deepEqual(other, history, 'the histories differ');
      for (const registry of registries) registry.close();
    }),
    60,
  );
});

for (const kind of REGISTRY_KINDS)
  test(`${kind.name}: several at once, round after round: no two in the way of another, and no leak`, async (context) => {
    const place = await kind.prepare(context);
    await holds(
      fc.asyncProperty(rounds, async (all) => {
        await place.clear();
        const registry = place.open();
        let nowMs = START_MS;
        let before = await standingIn(registry);
        for (const [at, { commands, pauseMs }] of all.entries()) {
          nowMs += pauseMs;
          const callers = commands.map(() => place.open());
          const chances = commands.map((_, index) => chancesOf(100 * at + index, nowMs));
          const answers = await Promise.all(
            commands.map((one, index) => run(callers[index] ?? registry, one, chances[index] ?? chancesOf(0, nowMs))),
          );
          for (const caller of callers) caller.close();
          const after = await standingIn(registry);
          assertApart(after);
          assertRound(commands, answers, before, after, nowMs);
          before = after;
        }
        registry.close();
      }),
      30,
    );
  });

/** What holds in whatever order they were served. */
function assertRound(
  commands: readonly RegistryCommand[],
  answers: readonly unknown[],
  before: Standing,
  after: Standing,
  nowMs: number,
): void {
  const said = JSON.stringify(answers);
  // Allocations may be of apps that are never written: these records, and no others, have no app.
  const withoutApp = after.slots.filter(({ app }) => !after.apps.some(({ name }) => name === app));
  assert.equal(after.leaks.length, withoutApp.length, `${after.leaks} ${said}`);
  for (const { name, slot } of before.apps) {
    const now = after.apps.find((app) => app.name === name);
    const isTouched = commands.some(
      (one) =>
        (one.kind === 'put' && one.app === name && one.canMoveSlot) ||
        (one.kind === 'remove' && one.app === name) ||
        (one.kind === 'rename' && (one.app === name || one.to === name)),
    );
    if (!isTouched) assert.equal(now?.slot, slot, `the slot of ${name} changed: ${said}`);
  }
  for (const { port, app, freedAt } of before.freed) {
    const owner = after.slots.find((slot) => slot.port === port)?.app;
    const isOver = freedAt + TIGHT_RULES.quarantineMs <= nowMs;
    assert.ok(
      owner === undefined || owner === app || isOver,
      `${owner} has ${port}, which rests after ${app}: ${said}`,
    );
  }
}
